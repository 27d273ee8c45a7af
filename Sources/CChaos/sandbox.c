#define _GNU_SOURCE
#include "CChaos.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// Between a clone and an exec only system calls that are safe in a signal handler are made: the caller may have other
// threads, and a lock that one of them held is never released in the copy.

/// What a failing copy tells the caller; less than PIPE_BUF, so it arrives whole.
struct report {
    int stage;
    int error;
};

/// All that the copies need.
struct plan {
    const char *program;
    char *const *arguments;
    char *const *environment;
    /// The signals' mask that the program gets.
    sigset_t mask;
    /// Write end: what fails. Closed by execve(2), so that without a report the program runs.
    int report;
    /// Read end of a pipe that only the caller can write to, once a copy has closed its own write end.
    int caller;
    int caller_write;
};

/// fork(2) without the handlers of libraries. Null for all pointers is the same in every order of the arguments.
static pid_t copy_process(unsigned long flags) { return (pid_t)syscall(SYS_clone, flags, NULL, NULL, NULL, NULL); }

static _Noreturn void give_up(const struct plan *plan, enum claviger_sandbox_stage stage) {
    struct report report = {.stage = stage, .error = errno};
    ssize_t written = write(plan->report, &report, sizeof report);
    (void)written;
    _exit(1);
}

static void passed_signals(sigset_t *set) {
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGHUP);
}

/// The caller's handlers mean nothing in a copy, and an ignored SIGCHLD would lose how the program ended.
static void default_handlers(void) {
    for (int number = 1; number < NSIG; number++) {
        struct sigaction standing;
        bool caught = sigaction(number, NULL, &standing) == 0 && standing.sa_handler != SIG_IGN;
        if (caught || number == SIGCHLD) signal(number, SIG_DFL);
    }
}

/// The program's process, until it is the program.
static _Noreturn void become_program(const struct plan *plan) {
    sigprocmask(SIG_SETMASK, &plan->mask, NULL);
    execve(plan->program, plan->arguments, plan->environment);
    give_up(plan, CLAVIGER_SANDBOX_EXECUTE);
}

/// How a process ended, as a shell says it.
static int short_status(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

/// Takes every ended child out of the process table. Ends the namespace when the program is among them.
static void reap(pid_t program) {
    int status;
    pid_t ended;
    while ((ended = waitpid(-1, &status, WNOHANG)) > 0) {
        if (ended == program) _exit(short_status(status));
    }
    if (ended < 0 && errno == ECHILD) _exit(1);
}

/// Pid 1 of the new namespace.
static _Noreturn void be_first(const struct plan *plan) {
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    prctl(PR_SET_NAME, "claviger-init", 0, 0, 0);
    close(plan->caller_write);
    // getppid(2) is 0 in here whether the caller lives or not, so it is the pipe that tells.
    struct pollfd caller = {.fd = plan->caller, .events = POLLIN};
    if (poll(&caller, 1, 0) != 0) _exit(1);
    default_handlers();

    sigset_t waited;
    passed_signals(&waited);
    sigaddset(&waited, SIGCHLD);
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) give_up(plan, CLAVIGER_SANDBOX_MOUNTS);
    if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) != 0) {
        give_up(plan, CLAVIGER_SANDBOX_PROC);
    }
    if (claviger_network_loopback() != 0) give_up(plan, CLAVIGER_SANDBOX_LOOPBACK);
    if (plan->program == NULL) _exit(0);

    pid_t program = copy_process(SIGCHLD);
    if (program < 0) give_up(plan, CLAVIGER_SANDBOX_FORK);
    if (program == 0) become_program(plan);
    // Nothing that the caller has open is kept open by us, its wait for a report above all.
    close(plan->report);
    close_range(STDERR_FILENO + 1, ~0U, 0);
    while (true) {
        siginfo_t information;
        int number = sigwaitinfo(&waited, &information);
        if (number == SIGCHLD) reap(program);
        // A terminal's signal went to the program too: it is of the same process group.
        if (number > 0 && number != SIGCHLD && information.si_code != SI_KERNEL) kill(program, number);
    }
}

static volatile pid_t forwarded_to;

static void forward_signal(int number, siginfo_t *information, void *context) {
    (void)context;
    int error = errno;
    if (information->si_code != SI_KERNEL && forwarded_to > 0) kill(forwarded_to, number);
    errno = error;
}

static const int forwarded[] = {SIGINT, SIGTERM, SIGHUP};
enum { forwarded_count = sizeof forwarded / sizeof forwarded[0] };

static void begin_forwarding(pid_t first, struct sigaction standing[forwarded_count]) {
    forwarded_to = first;
    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_RESTART};
    action.sa_sigaction = forward_signal;
    sigemptyset(&action.sa_mask);
    for (int index = 0; index < forwarded_count; index++) sigaction(forwarded[index], &action, &standing[index]);
}

/// Before this the namespace's first process is reaped, so its pid may soon be another's: the mask holds signals back.
static void end_forwarding(const struct sigaction standing[forwarded_count]) {
    forwarded_to = 0;
    for (int index = 0; index < forwarded_count; index++) sigaction(forwarded[index], &standing[index], NULL);
}

static pid_t start(const struct plan *plan, bool forward, struct sigaction standing[forwarded_count]) {
    // No signal may find the handlers of the caller in a copy, or an end of ours without anybody to pass it on to.
    sigset_t all;
    sigfillset(&all);
    sigset_t mask = plan->mask;
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    // Without a signal for its end it is no child that somebody who waits for any child would find, and a caller that
    // ignores SIGCHLD still learns how it ended.
    pid_t first = copy_process(CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC);
    if (first == 0) be_first(plan);
    int error = errno;
    if (first > 0 && forward) begin_forwarding(first, standing);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    errno = error;
    return first;
}

/// Waits without reaping, then reaps with signals held back.
static int finish(pid_t first, bool forward, const struct sigaction standing[forwarded_count]) {
    siginfo_t information;
    while (waitid(P_PID, (id_t)first, &information, WEXITED | WNOWAIT | __WALL) != 0 && errno == EINTR) continue;
    sigset_t all, mask;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &mask);
    if (forward) end_forwarding(standing);
    int status = 0;
    while (waitpid(first, &status, __WALL) < 0 && errno == EINTR) continue;
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    return short_status(status);
}

struct claviger_sandbox_result claviger_sandbox_run(
    const char *program, char *const arguments[], char *const environment[], bool forward) {
    struct claviger_sandbox_result result = {.stage = CLAVIGER_SANDBOX_NOTHING};
    struct plan plan = {.program = program, .arguments = arguments, .environment = environment};
    struct sigaction standing[forwarded_count];
    int reports[2], caller[2];
    pthread_sigmask(SIG_SETMASK, NULL, &plan.mask);
    if (pipe2(reports, O_CLOEXEC) != 0) {
        result.stage = CLAVIGER_SANDBOX_PREPARE;
        result.error = errno;
        return result;
    }
    if (pipe2(caller, O_CLOEXEC) != 0) {
        result.stage = CLAVIGER_SANDBOX_PREPARE;
        result.error = errno;
        close(reports[0]);
        close(reports[1]);
        return result;
    }
    plan.report = reports[1];
    plan.caller = caller[0];
    plan.caller_write = caller[1];

    pid_t first = start(&plan, forward, standing);
    if (first < 0) {
        result.stage = CLAVIGER_SANDBOX_CLONE;
        result.error = errno;
    }
    close(reports[1]);
    close(caller[0]);
    if (first > 0) {
        struct report report;
        ssize_t count;
        while ((count = read(reports[0], &report, sizeof report)) < 0 && errno == EINTR) continue;
        result.status = finish(first, forward, standing);
        if (count == (ssize_t)sizeof report) {
            result.stage = (enum claviger_sandbox_stage)report.stage;
            result.error = report.error;
        }
    }
    close(reports[0]);
    close(caller[1]);
    return result;
}
