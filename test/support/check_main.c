#include "check.h"

static struct CMUnitTest tests[1024];
static size_t test_count;

void check_register(const char *name, CMUnitTestFunction function)
{
    if (test_count < sizeof tests / sizeof *tests)
        tests[test_count++] = (struct CMUnitTest){.name = name, .test_func = function};
}

int main(int argc, char **argv)
{
    size_t kept = 0;
    for (size_t i = 0; i < test_count; i++)
        if (argc < 2 || strstr(tests[i].name, argv[1]))
            tests[kept++] = tests[i];
    if (kept == 0) {
        (void)fprintf(stderr, "no test\n");
        return 1;
    }
    return _cmocka_run_group_tests(argv[0], tests, kept, NULL, NULL);
}
