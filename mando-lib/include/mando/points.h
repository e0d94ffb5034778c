/* mando/points.h: a function of one number, given by some of its points. */
#ifndef MANDO_POINTS_H
#define MANDO_POINTS_H

#include <stddef.h>

#define MANDO_POINTS_MAX 16

/* Point i is (x[i], y[i]); x rises. No points: the function is absent. */
struct mando_points {
    size_t count;
    double x[MANDO_POINTS_MAX], y[MANDO_POINTS_MAX];
};

#endif
