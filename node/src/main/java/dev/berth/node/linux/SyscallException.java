package dev.berth.node.linux;

import java.io.IOException;

/** The kernel refused a call. The message names the call, its object, the error and its meaning. */
public final class SyscallException extends IOException {
  private final String call;
  private final String subject;
  private final Errno errno;

  /**
   * @param call the name of the call or of the ioctl, for example {@code LOOP_CONFIGURE}
   * @param subject what it was called on: a path, or a descriptor's path
   * @param number the kernel's error number
   */
  public SyscallException(String call, String subject, int number) {
    super(describe(call, subject, number));
    this.call = call;
    this.subject = subject;
    this.errno = Errno.of(number);
  }

  public String call() {
    return call;
  }

  public String subject() {
    return subject;
  }

  public Errno errno() {
    return errno;
  }

  private static String describe(String call, String subject, int number) {
    var errno = Errno.of(number);
    var name = errno == Errno.OTHER ? "errno " + number : errno.name();
    return "%s of %s failed: %s (%s)".formatted(call, subject, errno.meaning(), name);
  }
}
