package dev.berth.node.linux;

/** Linux error numbers that callers tell apart or that users meet, each with its meaning. */
public enum Errno {
  EPERM(1, "operation not permitted"),
  ENOENT(2, "no such file or directory"),
  ESRCH(3, "no such process"),
  EINTR(4, "interrupted system call"),
  EIO(5, "input/output error"),
  ENXIO(6, "no such device or address"),
  EBADF(9, "bad file descriptor"),
  EAGAIN(11, "resource temporarily unavailable"),
  ENOMEM(12, "out of memory"),
  EACCES(13, "permission denied"),
  ENOTBLK(15, "block device required"),
  EBUSY(16, "device or resource busy"),
  EEXIST(17, "file exists"),
  EXDEV(18, "would cross a mount point"),
  ENODEV(19, "no such device, or a file system that the kernel does not know"),
  ENOTDIR(20, "not a directory"),
  EISDIR(21, "is a directory"),
  EINVAL(22, "invalid argument"),
  ENFILE(23, "too many open files in the system"),
  EMFILE(24, "too many open files in this process"),
  ENOTTY(25, "not supported by this kind of file"),
  EFBIG(27, "file too large"),
  ENOSPC(28, "no space left on device"),
  EROFS(30, "read-only file system"),
  EMLINK(31, "too many links"),
  ERANGE(34, "result too large"),
  ENAMETOOLONG(36, "file name too long"),
  ENOSYS(38, "not known to this kernel"),
  ENOTEMPTY(39, "directory not empty"),
  ELOOP(40, "a symbolic link where none is allowed"),
  ENODATA(61, "no such attribute"),
  EOVERFLOW(75, "value too large"),
  EOPNOTSUPP(95, "operation not supported"),
  ETIMEDOUT(110, "timed out"),
  ESTALE(116, "stale file handle"),
  EUCLEAN(117, "the file system's structure needs cleaning"),
  EREMOTEIO(121, "remote input/output error"),
  EDQUOT(122, "disk quota exceeded"),
  ENOMEDIUM(123, "no medium found"),
  /** Any number that is not listed; the exception's message carries it. */
  OTHER(-1, "unlisted error");

  private final int number;
  private final String meaning;

  Errno(int number, String meaning) {
    this.number = number;
    this.meaning = meaning;
  }

  /** The kernel's number, -1 for {@link #OTHER}. */
  public int number() {
    return number;
  }

  /** What it means to a person, in lower case without a full stop. */
  public String meaning() {
    return meaning;
  }

  /** The constant of a kernel number, {@link #OTHER} when it is not listed. */
  public static Errno of(int number) {
    for (var errno : values()) {
      if (errno.number == number) {
        return errno;
      }
    }
    return OTHER;
  }
}
