/* serve: a PostgreSQL for another program: prints the folder of its socket, and stops at the end of standard
 * input. */
#include <stdio.h>

#include "postgres_server.h"

int main(void)
{
    postgres_server_start(false);
    (void)printf("%s\n", postgres_server_folder());
    (void)fflush(stdout);
    while (getchar() != EOF)
        ;
    return 0;
}
