/* Feeds every file of the folders and files named on the command line to a fuzzer's entry. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t inputs;

static void replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return;
    uint8_t *data = malloc(1 << 20);
    size_t size = data ? fread(data, 1, 1 << 20, file) : 0;
    if (data) {
        (void)LLVMFuzzerTestOneInput(data, size);
        inputs++;
    }
    free(data);
    (void)fclose(file);
}

static void replay(const char *path)
{
    DIR *folder = opendir(path);
    if (!folder) {
        replay_file(path);
        return;
    }
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        char name[4096];
        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        replay_file(name);
    }
    (void)closedir(folder);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        replay(argv[i]);
    (void)printf("%zu inputs\n", inputs);
    return inputs ? 0 : 1;
}
