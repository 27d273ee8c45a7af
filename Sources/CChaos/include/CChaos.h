#ifndef CLAVIGER_CCHAOS_H
#define CLAVIGER_CCHAOS_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Every function returns 0, or what it promises, or -1 with errno, unless it says otherwise. Descriptors that they make
// are closed when this process executes a program.

// MARK: - Network namespaces and links (network.c)

/// Puts the calling thread into a new network namespace (unshare(2), CLONE_NEWNET) with its loopback up, and returns a
/// descriptor of it. The thread stays there: let it be one that ends. The namespace lives as long as a descriptor, a
/// thread or a process in it.
int claviger_network_create(void);

/// Moves the calling thread, and no other, into a namespace (setns(2)). Processes that it starts are there too.
int claviger_network_enter(int space);

/// Makes a TUN device for bare IP packets without offload in the calling thread's network namespace, and returns its
/// descriptor, which does not block. A read takes one packet, a write gives one to the kernel; the device goes with the
/// descriptor.
///
/// Without /dev/net/tun the descriptor comes from a device node on a file system that only the calling thread sees: it
/// then is in a mount namespace of its own, so let it be one that ends.
int claviger_network_tun(const char *name);

/// Gives a device of the calling thread's network namespace its IPv4 address (network byte order), its mask of `prefix`
/// bits (1 to 31), its MTU and a queue of `queue` packets, and sets it up. The kernel adds the route to its network.
int claviger_network_configure(const char *name, uint32_t address, int prefix, int mtu, int queue);

/// Sets up the loopback device of the calling thread's network namespace.
int claviger_network_loopback(void);

/// Names the calling thread (at most 15 bytes), and makes its timers exact to the nanosecond, where the kernel
/// otherwise adds up to 50 microseconds (prctl(2), PR_SET_TIMERSLACK). Returns nothing: without it things only go less
/// well.
void claviger_network_thread(const char *name);

/// A counter that makes a wait end (eventfd(2)); it does not block.
int claviger_network_bell(void);
/// Makes a wait for the bell end, now or when it comes. Any thread may call it.
void claviger_network_ring(int bell);
/// Takes back all rings so far.
void claviger_network_hush(int bell);

/// Waits until one of `count` descriptors is ready or `timeout` nanoseconds are over (ppoll(2)); a negative timeout has
/// no end. Returns how many are ready; a signal counts as none.
int claviger_network_wait(struct pollfd *descriptors, size_t count, int64_t timeout);

/// Nanoseconds of the monotonic clock (clock_gettime(2)).
int64_t claviger_network_now(void);

// MARK: - Files (file.c)

/// What a name stands for.
struct claviger_file_status {
    bool is_folder;
    bool is_plain;
    /// Permissions with the set-user, set-group and sticky bits.
    uint32_t mode;
    /// The owning user's id.
    uint32_t owner;
    /// Tells file systems apart.
    uint64_t device;
};

/// Looks at a path without following a link at its end (lstat(2)).
int claviger_file_look(const char *path, struct claviger_file_status *status);

/// Looks at an open file (fstat(2)).
int claviger_file_look_into(int descriptor, struct claviger_file_status *status);

// MARK: - A process tree in namespaces of its own (sandbox.c)

/// Where a sandbox could not be made.
enum claviger_sandbox_stage {
    CLAVIGER_SANDBOX_NOTHING = 0,
    /// Pipes and memory of the caller.
    CLAVIGER_SANDBOX_PREPARE = 1,
    /// clone(2) with new namespaces: not root, or the system forbids it.
    CLAVIGER_SANDBOX_CLONE = 2,
    /// Keeping our mounts from the machine's.
    CLAVIGER_SANDBOX_MOUNTS = 3,
    /// Mounting the new process table on /proc.
    CLAVIGER_SANDBOX_PROC = 4,
    /// Setting up the loopback device.
    CLAVIGER_SANDBOX_LOOPBACK = 5,
    /// Starting the program's process.
    CLAVIGER_SANDBOX_FORK = 6,
    /// Executing the program.
    CLAVIGER_SANDBOX_EXECUTE = 7,
};

/// What came of a sandbox.
struct claviger_sandbox_result {
    /// Nothing, or what failed; the program then did not run.
    enum claviger_sandbox_stage stage;
    /// The errno of the failure.
    int error;
    /// What wait(2) says in the usual short form: the exit code, or 128 and the signal that ended it.
    int status;
};

/// Runs a program in new PID, mount, network and IPC namespaces and blocks until it and all that it started are gone.
///
/// Two processes are made. The first is the namespaces' pid 1, a small loop of this library: it mounts /proc, starts
/// the program, reaps every orphan, and ends with the program; the kernel then kills whatever is left in the namespace.
/// The kernel kills pid 1 when the calling thread ends, in whatever way (PR_SET_PDEATHSIG), and with it everything
/// inside. A caller that was gone before this was arranged is noticed by its end of a pipe.
///
/// `program` is a path; `arguments` and `environment` end with NULL. Without a program everything is prepared and
/// undone again. Descriptors without FD_CLOEXEC are inherited.
///
/// With `forward`, SIGINT, SIGTERM and SIGHUP that come to this process meanwhile are passed on to the program instead
/// of ending this process. Those that a terminal sends are not: they go to the program by themselves. One call at a
/// time may forward.
struct claviger_sandbox_result claviger_sandbox_run(
    const char *program, char *const arguments[], char *const environment[], bool forward);

#endif
