#include "bench/load/proc.h"
#include "base/str.h"
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static FILE *open_in(const char *folder, const char *name)
{
	char path[512];
	return str_print(path, sizeof path, "%s/%s", folder, name) ? NULL : fopen(path, "re");
}

/* Nanoseconds on a core, as the scheduler counts them. */
static uint64_t on_core(const char *folder)
{
	char line[128] = "";
	FILE *f = open_in(folder, "schedstat");
	if (!f)
		return 0;
	(void)!fgets(line, sizeof line, f);
	(void)fclose(f);
	return strtoull(line, NULL, 10);
}

static void read_threads(struct proc *p, const char *folder)
{
	char path[512];
	(void)str_print(path, sizeof path, "%s/task", folder);
	DIR *tasks = opendir(path);
	for (const struct dirent *d; tasks && (d = readdir(tasks));) {
		if (!isdigit((unsigned char)d->d_name[0]))
			continue;
		char task[512];
		(void)str_print(task, sizeof task, "%s/%s", path, d->d_name);
		p->cpu_ns += on_core(task);
		p->threads++;
	}
	if (tasks)
		(void)closedir(tasks);
}

/* Fields are counted from the parenthesis behind the name, which may hold blanks. */
static void read_stat(struct proc *p, const char *folder)
{
	char line[1024] = "";
	FILE *f = open_in(folder, "stat");
	if (!f)
		return;
	(void)!fgets(line, sizeof line, f);
	(void)fclose(f);
	char *at = strrchr(line, ')');
	double tick = (double)sysconf(_SC_CLK_TCK);
	for (int field = 2; at && (at = strchr(at + 1, ' ')); field++) {
		if (field == 13)
			p->user_s = (double)strtoull(at, NULL, 10) / tick;
		if (field == 14)
			p->sys_s = (double)strtoull(at, NULL, 10) / tick;
		if (field == 23)
			p->rss_mb = (double)strtoull(at, NULL, 10) * (double)sysconf(_SC_PAGESIZE) / 1e6;
	}
}

static void read_softirq(struct proc *p)
{
	char line[512] = "";
	FILE *f = fopen("/proc/stat", "re");
	if (!f)
		return;
	(void)!fgets(line, sizeof line, f);
	(void)fclose(f);
	unsigned long long softirq = 0;
	if (sscanf(line, "cpu %*u %*u %*u %*u %*u %*u %llu", &softirq) == 1) /* NOLINT(cert-err34-c): a counter */
		p->softirq_s = (double)softirq / (double)sysconf(_SC_CLK_TCK);
}

/* They are found once: their ids do not change. */
static void read_ksoftirqd(struct proc *p)
{
	static char folders[64][32];
	static unsigned n;
	DIR *all = n ? NULL : opendir("/proc");
	for (const struct dirent *d; all && n < 64 && (d = readdir(all));) {
		char folder[288], name[32] = "";
		(void)str_print(folder, sizeof folder, "/proc/%s", d->d_name);
		FILE *f = isdigit((unsigned char)d->d_name[0]) ? open_in(folder, "comm") : NULL;
		if (!f)
			continue;
		(void)!fgets(name, sizeof name, f);
		(void)fclose(f);
		if (strncmp(name, "ksoftirqd/", 10) == 0)
			(void)str_print(folders[n++], sizeof folders[0], "/proc/%.20s", d->d_name);
	}
	if (all)
		(void)closedir(all);
	for (unsigned i = 0; i < n; i++)
		p->ksoftirqd_s += (double)on_core(folders[i]) / 1e9;
}

void proc_read(struct proc *p, uint32_t pid)
{
	char folder[64];
	*p = (struct proc){ 0 };
	read_softirq(p);
	read_ksoftirqd(p);
	if (!pid)
		return;
	(void)str_print(folder, sizeof folder, "/proc/%u", pid);
	read_threads(p, folder);
	read_stat(p, folder);
}

static uint64_t drops_in(const char *table, uint16_t port)
{
	char line[512];
	uint64_t drops = 0;
	FILE *f = fopen(table, "re");
	while (f && fgets(line, sizeof line, f)) {
		const char *colon = strchr(line, ':');
		const char *local = colon ? strchr(colon + 1, ':') : NULL;
		size_t n = strlen(line);
		while (n && isspace((unsigned char)line[n - 1]))
			line[--n] = '\0';
		const char *last = strrchr(line, ' ');
		if (local && last && strtoul(local + 1, NULL, 16) == port)
			drops += strtoull(last + 1, NULL, 10);
	}
	if (f)
		(void)fclose(f);
	return drops;
}

uint64_t proc_udp_drops(uint16_t port)
{
	return drops_in("/proc/net/udp", port) + drops_in("/proc/net/udp6", port);
}
