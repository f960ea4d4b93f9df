package dev.berth.node.linux;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A file's name or relative path as the kernel has it: any bytes but NUL. A Java {@code Path}
 * cannot carry names that are not text in the process's locale; removal must cope with every name.
 */
public final class FileName {
  private final byte[] bytes;

  private FileName(byte[] bytes) {
    for (var b : bytes) {
      if (b == 0) {
        throw new IllegalArgumentException("a file name cannot contain a NUL byte");
      }
    }
    this.bytes = bytes;
  }

  public static FileName of(String text) {
    return new FileName(text.getBytes(StandardCharsets.UTF_8));
  }

  public static FileName of(byte[] bytes) {
    return new FileName(bytes.clone());
  }

  /** A copy of the name without a terminating NUL. */
  public byte[] bytes() {
    return bytes.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof FileName that && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  /** As text, for messages: what is not UTF-8 is shown as a replacement character. */
  @Override
  public String toString() {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
