/* SPDX-License-Identifier: Apache-2.0 */
/* pool.c: forks children, reads their messages, reaps them. */
#include "experiment/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"

static const double tell_interval = 0.1; /* s */
enum { POLL_MS = 200, NO_TASK = -1 };

/* Well below PIPE_BUF, so that each is written and read whole. */
typedef struct message {
  int finished; /* 1: the last one, with code and text */
  int code;
  int64_t units;
  char text[DSLT_POOL_TEXT];
} message;

typedef struct child {
  int task; /* NO_TASK: the slot is free */
  int fd;
  pid_t pid;
  double started;
  int finished; /* the last message came */
  dslt_pool_outcome outcome;
} child;

/* ---- in the child -------------------------------------------------------------------------------- */

static void send_message(int fd, const message *m) {
  while (write(fd, m, sizeof *m) < 0 && errno == EINTR) continue;
}

void dslt_pool_tell(dslt_pool_line *line, int64_t units) {
  double now = dslt_seconds();
  if (now - line->told < tell_interval) return;
  line->told = now;
  message m = {.units = units};
  send_message(line->fd, &m);
}

void dslt_pool_say(dslt_pool_line *line, const char *text) {
  snprintf(line->text, sizeof line->text, "%s", text);
}

static void settle_child(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(0); /* the parent died before the call */
  /* Signals that a terminal or a batch system sends to all processes are handled by the parent. */
  static const int parents[] = {SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGALRM, SIGUSR1, SIGUSR2, SIGXCPU};
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = SIG_IGN;
  for (size_t i = 0; i < sizeof parents / sizeof *parents; i++) sigaction(parents[i], &action, NULL);
  action.sa_handler = SIG_DFL;
  sigaction(SIGTERM, &action, NULL);
  int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (null >= 0) dup2(null, STDIN_FILENO);
}

static void run_child(const dslt_pool *pool, int task, int slot, int fd, pid_t parent) {
  settle_child(parent);
  dslt_pool_line line = {.fd = fd};
  message m = {.finished = 1};
  m.code = pool->work(pool->self, task, slot, &line);
  const char *sentence = dslt_last_error();
  if (m.code < 0)
    snprintf(m.text, sizeof m.text, "%s", sentence[0] ? sentence : dslt_error_text(m.code));
  else
    memcpy(m.text, line.text, sizeof m.text);
  send_message(fd, &m);
  _exit(0); /* no atexit handlers and no flush of what the parent has buffered */
}

/* ---- in the parent ------------------------------------------------------------------------------- */

static int start(child *c, const dslt_pool *pool, int task, int slot) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    return dslt_fail(DSLT_EMEMORY, "No pipe to a child process can be made: %s.", strerror(errno));
  fflush(NULL);
  pid_t parent = getpid();
  pid_t pid = fork();
  if (pid == 0) {
    close(ends[0]);
    run_child(pool, task, slot, ends[1], parent);
  }
  int reason = errno;
  close(ends[1]);
  if (pid < 0) {
    close(ends[0]);
    return dslt_fail(DSLT_EMEMORY, "No child process can be started: %s; try a smaller --jobs.",
                     strerror(reason));
  }
  *c = (child){.task = task, .fd = ends[0], .pid = pid, .started = dslt_seconds()};
  c->outcome.pid = pid;
  return DSLT_OK;
}

static void describe_death(dslt_pool_outcome *outcome, int status) {
  outcome->code = DSLT_EINTERNAL;
  if (WIFSIGNALED(status)) {
    int number = WTERMSIG(status);
    snprintf(outcome->text, sizeof outcome->text, "Its process was ended by signal %d (%s)%s.", number,
             strsignal(number), number == SIGKILL ? ", as happens when memory runs out" : "");
  } else {
    snprintf(outcome->text, sizeof outcome->text, "Its process ended by itself with exit code %d.",
             WEXITSTATUS(status));
  }
}

/* Read what is there; 0 at the end of the pipe. */
static int receive(const dslt_pool *pool, child *c) {
  message m;
  ssize_t size = read(c->fd, &m, sizeof m);
  if (size < 0) return errno == EINTR || errno == EAGAIN;
  if (size != (ssize_t)sizeof m) return 0;
  if (m.finished) {
    c->finished = 1;
    c->outcome.code = m.code;
    memcpy(c->outcome.text, m.text, sizeof c->outcome.text);
  } else {
    c->outcome.units = m.units;
    if (pool->progress) pool->progress(pool->self, c->task, m.units);
  }
  return 1;
}

static int reap(child *c) {
  int status = 0;
  close(c->fd);
  while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR) continue;
  c->outcome.seconds = dslt_seconds() - c->started;
  return status;
}

static void kill_all(const dslt_pool *pool, child *children, void (*gone)(void *self, long pid)) {
  for (int i = 0; i < pool->slots; i++)
    if (children[i].task != NO_TASK) kill(children[i].pid, SIGKILL);
  for (int i = 0; i < pool->slots; i++) {
    if (children[i].task == NO_TASK) continue;
    reap(&children[i]);
    if (gone) gone(pool->self, children[i].pid);
    children[i].task = NO_TASK;
  }
}

static int stopped(const dslt_pool *pool) { return pool->stop && *pool->stop; }

/* Wait for messages and handle them. Negative: `done` asked to start no further task. */
static int attend(const dslt_pool *pool, child *children, struct pollfd *fds) {
  for (int i = 0; i < pool->slots; i++)
    fds[i] = (struct pollfd){.fd = children[i].task == NO_TASK ? -1 : children[i].fd, .events = POLLIN};
  if (poll(fds, (nfds_t)pool->slots, POLL_MS) <= 0) return 0;
  int answer = 0;
  for (int i = 0; i < pool->slots; i++) {
    child *c = &children[i];
    if (!fds[i].revents || receive(pool, c)) continue;
    int status = reap(c);
    if (!c->finished) describe_death(&c->outcome, status);
    int task = c->task;
    c->task = NO_TASK;
    if (pool->done && pool->done(pool->self, task, &c->outcome) < 0) answer = -1;
  }
  return answer;
}

int dslt_pool_run(const dslt_pool *pool, void (*gone)(void *self, long pid)) {
  child *children = calloc((size_t)pool->slots, sizeof *children);
  struct pollfd *fds = calloc((size_t)pool->slots, sizeof *fds);
  int rc = children && fds ? DSLT_OK
                           : dslt_fail(DSLT_EMEMORY, "Out of memory for %d child processes.", pool->slots);
  int next = 0, running = 0, enough = 0;
  for (int i = 0; rc == DSLT_OK && i < pool->slots; i++) children[i].task = NO_TASK;
  while (rc == DSLT_OK && !stopped(pool)) {
    for (int i = 0; rc == DSLT_OK && !enough && next < pool->tasks && i < pool->slots; i++)
      if (children[i].task == NO_TASK) rc = start(&children[i], pool, next++, i);
    running = 0;
    for (int i = 0; i < pool->slots; i++) running += children[i].task != NO_TASK;
    if (rc < 0 || running == 0) break;
    if (attend(pool, children, fds) < 0) enough = 1;
  }
  if (children) kill_all(pool, children, gone);
  free(children);
  free(fds);
  if (rc < 0) return rc;
  return !enough && !stopped(pool) && next == pool->tasks;
}
