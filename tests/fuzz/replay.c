/* Feeds every file of a corpus to a fuzz target, so that plain builds replay what fuzzing found. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path)
{
	FILE *f = fopen(path, "rb");
	if (!f)
		return -1;
	uint8_t *data = malloc(65536);
	size_t n = data ? fread(data, 1, 65536, f) : 0;
	(void)fclose(f);
	uint8_t *exact = malloc(n ? n : 1); /* its own block: a read past the end is seen by AddressSanitizer */
	if (!data || !exact)
		return -1;
	for (size_t i = 0; i < n; i++)
		exact[i] = data[i];
	LLVMFuzzerTestOneInput(exact, n);
	free(exact);
	free(data);
	return 0;
}

int main(int argc, char **argv)
{
	DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
	if (!dir) {
		(void)fprintf(stderr, "usage: %s CORPUS-FOLDER\n", argv[0]);
		return 2;
	}
	int count = 0;
	char path[4096];
	for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
		if (e->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof path, "%s/%s", argv[1], e->d_name);
		if (replay(path) < 0) {
			(void)fprintf(stderr, "cannot read %s\n", path);
			return 1;
		}
		count++;
	}
	(void)closedir(dir);
	printf("%d inputs replayed\n", count);
	return count ? 0 : 1;
}
