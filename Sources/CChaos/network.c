#define _GNU_SOURCE
#include "CChaos.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

/// Closes without losing the errno of what went wrong before.
static int fail(int descriptor) {
    int error = errno;
    if (descriptor >= 0) close(descriptor);
    errno = error;
    return -1;
}

static int named(struct ifreq *request, const char *name) {
    size_t count = strlen(name);
    memset(request, 0, sizeof *request);
    if (count == 0 || count >= IFNAMSIZ) {
        errno = EINVAL;
        return -1;
    }
    memcpy(request->ifr_name, name, count);
    return 0;
}

/// SIOCSIFFLAGS sets all flags, so the standing ones are read first.
static int set_up(int socket, struct ifreq *request) {
    if (ioctl(socket, SIOCGIFFLAGS, request) != 0) return -1;
    request->ifr_flags |= IFF_UP | IFF_RUNNING;
    return ioctl(socket, SIOCSIFFLAGS, request);
}

int claviger_network_loopback(void) {
    int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (control < 0) return -1;
    struct ifreq request;
    if (named(&request, "lo") != 0 || set_up(control, &request) != 0) return fail(control);
    return close(control);
}

int claviger_network_create(void) {
    if (unshare(CLONE_NEWNET) != 0) return -1;
    int space = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    if (space < 0) return -1;
    if (claviger_network_loopback() != 0) return fail(space);
    return space;
}

int claviger_network_enter(int space) { return setns(space, CLONE_NEWNET); }

/// A device node of our own, on a file system that nobody else sees and that ends with the calling thread.
static int private_device(void) {
    if (unshare(CLONE_NEWNS) != 0) return -1;
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) return -1;
    if (mount("claviger", "/dev", "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=0700,size=64k") != 0) return -1;
    if (mknod("/dev/tun", S_IFCHR | 0600, makedev(10, 200)) != 0) return -1;
    return open("/dev/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
}

int claviger_network_tun(const char *name) {
    struct ifreq request;
    if (named(&request, name) != 0) return -1;
    int device = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (device < 0 && errno == ENOENT) device = private_device();
    if (device < 0) return -1;
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    if (ioctl(device, TUNSETIFF, &request) != 0) return fail(device);
    return device;
}

static void put_address(struct ifreq *request, uint32_t address) {
    struct sockaddr_in value = {.sin_family = AF_INET, .sin_addr = {.s_addr = address}};
    memcpy(&request->ifr_addr, &value, sizeof value);
}

int claviger_network_configure(const char *name, uint32_t address, int prefix, int mtu, int queue) {
    if (prefix < 1 || prefix > 31) {
        errno = EINVAL;
        return -1;
    }
    struct ifreq request;
    if (named(&request, name) != 0) return -1;
    int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (control < 0) return -1;
    put_address(&request, address);
    if (ioctl(control, SIOCSIFADDR, &request) != 0) return fail(control);
    put_address(&request, htonl(UINT32_MAX << (32 - prefix)));
    if (ioctl(control, SIOCSIFNETMASK, &request) != 0) return fail(control);
    request.ifr_mtu = mtu;
    if (ioctl(control, SIOCSIFMTU, &request) != 0) return fail(control);
    request.ifr_qlen = queue;
    if (ioctl(control, SIOCSIFTXQLEN, &request) != 0) return fail(control);
    if (set_up(control, &request) != 0) return fail(control);
    return close(control);
}

void claviger_network_thread(const char *name) {
    prctl(PR_SET_NAME, name, 0, 0, 0);
    prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
}

int claviger_network_bell(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

// A counter that is full or empty is refused with EAGAIN, and then is as it should be.
void claviger_network_ring(int bell) { eventfd_write(bell, 1); }

void claviger_network_hush(int bell) {
    eventfd_t rings;
    eventfd_read(bell, &rings);
}

int claviger_network_wait(struct pollfd *descriptors, size_t count, int64_t timeout) {
    struct timespec limit = {.tv_sec = timeout / 1000000000, .tv_nsec = timeout % 1000000000};
    int ready = ppoll(descriptors, count, timeout < 0 ? NULL : &limit, NULL);
    return ready < 0 && errno == EINTR ? 0 : ready;
}

int64_t claviger_network_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}
