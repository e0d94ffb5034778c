#include "domain/leak.h"

#include <math.h>

/* value^part, 0 <= part < 1, bit by bit: value^(1/2), value^(1/4), ... */
static double power_of_part(double value, double part)
{
    double result = 1, root = value;
    for (int bit = 0; bit < 53 && part > 0; bit++) {
        root = sqrt(root);
        part *= 2;
        if (part >= 1) {
            result *= root;
            part -= 1;
        }
    }
    return result;
}

static double power_of_whole(double value, double whole)
{
    double result = 1;
    for (double square = value; whole >= 1; square *= square) {
        double half = floor(whole / 2);
        if (whole > 2 * half)
            result *= square;
        whole = half;
    }
    return result;
}

double mando_kept_share(double self_discharge_per_h, double hours)
{
    if (!(self_discharge_per_h > 0))
        return 1;
    double kept_per_h = 1 - self_discharge_per_h, whole = floor(hours);
    return power_of_whole(kept_per_h, whole) * power_of_part(kept_per_h, hours - whole);
}
