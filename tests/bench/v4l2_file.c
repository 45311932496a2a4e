/* A file as a V4L2 camera, for programs that read nothing else: preload it, and open the file as the device.
 *
 *   gcc -shared -fPIC -O2 -o v4l2_file.so v4l2_file.c -ldl
 *   V4L2_FILE=frames.v4l2 LD_PRELOAD=./v4l2_file.so ustreamer --device frames.v4l2
 *
 * The file: a `struct head`, then `count` slots of `slot` bytes, each a length (uint32) and a frame. They come round and
 * round, one each `period` microseconds. Memory-mapped buffers only; a frame is copied into one as a driver does it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define MOST 32

struct head { uint32_t fourcc, width, height, period, count, slot; };

static struct head *head;
static int device = -1, memory = -1;
static size_t length;
static uint8_t *buffers;
static unsigned allocated, waiting[MOST], first, queued;
static uint64_t frame;

static void *next(const char *name) { return dlsym(RTLD_NEXT, name); }

static int open_device(const char *path) {
    int (*real)(const char *, int, ...) = next("open");
    struct stat about;
    int fd = real(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &about)) return -1;
    void *(*map)(void *, size_t, int, int, int, off_t) = next("mmap");
    head = map(NULL, about.st_size, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
    close(fd);
    length = (head->slot + 4095) & ~4095u;
    first = queued = allocated = 0;
    device = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    return device;
}

static int opened(const char *path, int flags, va_list rest, const char *name) {
    const char *file = getenv("V4L2_FILE");
    if (file && !strcmp(path, file)) return open_device(path);
    int (*real)(const char *, int, ...) = next(name);
    return real(path, flags, flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0);
}

int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    int fd = opened(path, flags, rest, "open");
    va_end(rest);
    return fd;
}

int open64(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    int fd = opened(path, flags, rest, "open64");
    va_end(rest);
    return fd;
}

void *mmap(void *where, size_t size, int protection, int flags, int fd, off_t offset) {
    static void *(*real)(void *, size_t, int, int, int, off_t);
    if (!real) real = next("mmap");
    return real(where, size, protection, flags, fd >= 0 && fd == device ? memory : fd, offset);
}

void *mmap64(void *where, size_t size, int protection, int flags, int fd, off_t offset) {
    return mmap(where, size, protection, flags, fd, offset);
}

static int fail(int number) {
    errno = number;
    return -1;
}

static int format(struct v4l2_format *wanted) {
    struct v4l2_pix_format *pixels = &wanted->fmt.pix;
    memset(pixels, 0, sizeof *pixels);
    pixels->width = head->width;
    pixels->height = head->height;
    pixels->pixelformat = head->fourcc;
    pixels->field = V4L2_FIELD_NONE;
    pixels->bytesperline = head->fourcc == V4L2_PIX_FMT_YUYV ? head->width * 2 : 0;
    pixels->sizeimage = length;
    pixels->colorspace = V4L2_COLORSPACE_JPEG;
    return 0;
}

static int allocate(struct v4l2_requestbuffers *wanted) {
    if (wanted->memory != V4L2_MEMORY_MMAP) return fail(EINVAL);
    if (wanted->count > MOST) wanted->count = MOST;
    if (memory >= 0) close(memory);
    allocated = wanted->count;
    first = queued = 0;
    memory = memfd_create("v4l2_file", MFD_CLOEXEC);
    if (!allocated) return 0;
    if (ftruncate(memory, allocated * length)) return -1;
    void *(*map)(void *, size_t, int, int, int, off_t) = next("mmap");
    buffers = map(NULL, allocated * length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, memory, 0);
    return 0;
}

static int describe(struct v4l2_buffer *buffer) {
    if (buffer->index >= allocated) return fail(EINVAL);
    buffer->length = length;
    buffer->m.offset = buffer->index * length;
    return 0;
}

static int queue(struct v4l2_buffer *buffer) {
    if (buffer->index >= allocated || queued == allocated) return fail(EINVAL);
    waiting[(first + queued++) % MOST] = buffer->index;
    return 0;
}

static int dequeue(struct v4l2_buffer *buffer) {
    uint64_t due;
    struct timespec now;
    if (read(device, &due, sizeof due) != sizeof due) return fail(EAGAIN);
    frame += due;
    if (!queued) return fail(EAGAIN); /* nobody had a place for it */
    const uint8_t *slot = (const uint8_t *)(head + 1) + frame % head->count * head->slot;
    uint32_t used = *(const uint32_t *)slot;
    unsigned index = waiting[first];
    first = (first + 1) % MOST;
    queued--;
    memcpy(buffers + index * length, slot + 4, used);
    clock_gettime(CLOCK_MONOTONIC, &now);
    buffer->index = index;
    buffer->bytesused = used;
    buffer->length = length;
    buffer->sequence = frame;
    buffer->field = V4L2_FIELD_NONE;
    buffer->flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
    buffer->timestamp.tv_sec = now.tv_sec;
    buffer->timestamp.tv_usec = now.tv_nsec / 1000;
    return 0;
}

static int run(int on) {
    struct timespec period = {head->period / 1000000, head->period % 1000000 * 1000}, none = {0, 0};
    struct itimerspec timer = {on ? period : none, on ? period : none};
    return timerfd_settime(device, 0, &timer, NULL);
}

int ioctl(int fd, unsigned long request, ...) {
    va_list rest;
    va_start(rest, request);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    if (fd < 0 || fd != device) {
        int (*real)(int, unsigned long, ...) = next("ioctl");
        return real(fd, request, argument);
    }
    /* Python sends the number as it is signed. */
    switch ((uint32_t)request) {
    case VIDIOC_QUERYCAP: {
        struct v4l2_capability *capability = argument;
        memset(capability, 0, sizeof *capability);
        strcpy((char *)capability->driver, "file");
        strcpy((char *)capability->card, "file");
        capability->capabilities = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
        return 0;
    }
    case VIDIOC_ENUM_FMT: {
        struct v4l2_fmtdesc *description = argument;
        if (description->index) return fail(EINVAL);
        description->pixelformat = head->fourcc;
        return 0;
    }
    case VIDIOC_S_FMT: return format(argument);
    case VIDIOC_S_INPUT: return 0;
    case VIDIOC_G_PARM:
    case VIDIOC_S_PARM: {
        struct v4l2_captureparm *capture = &((struct v4l2_streamparm *)argument)->parm.capture;
        capture->capability = V4L2_CAP_TIMEPERFRAME;
        capture->timeperframe.numerator = head->period;
        capture->timeperframe.denominator = 1000000;
        return 0;
    }
    case VIDIOC_REQBUFS: return allocate(argument);
    case VIDIOC_QUERYBUF: return describe(argument);
    case VIDIOC_QBUF: return queue(argument);
    case VIDIOC_DQBUF: return dequeue(argument);
    case VIDIOC_STREAMON: return run(1);
    case VIDIOC_STREAMOFF: return run(0);
    default: return fail(ENOTTY);
    }
}
