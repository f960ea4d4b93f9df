package dev.berth.store;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Why a store was not opened. The message names the directory, what was found, and what to do; the
 * process ends with exit code 3.
 */
public abstract sealed class StoreOpenException extends IOException {

  StoreOpenException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /** Another process has it open. */
  public static final class Held extends StoreOpenException {
    Held(Path directory, String holder) {
      super(
          "the store in "
              + directory
              + " is in use by "
              + holder
              + ": stop that process, or use another data directory",
          null);
    }
  }

  /** A newer Berth wrote it. */
  public static final class NewerFormat extends StoreOpenException {
    NewerFormat(Path directory, int found, int known) {
      super(
          "the store in "
              + directory
              + " has format "
              + found
              + ", this version of Berth knows formats up to "
              + known
              + ": start the version that wrote it, or a newer one",
          null);
    }
  }

  /** What is there is not what was written. */
  public static final class Damaged extends StoreOpenException {
    Damaged(Path directory, String what, @Nullable Throwable cause) {
      super(
          "the store in "
              + directory
              + " is damaged ("
              + what
              + "): it is not started. Copy the directory away, check the disk it lies on, and"
              + " restore a backup",
          cause);
    }
  }

  /** The directory cannot be used: permissions, a full disk, no directory, an I/O error. */
  public static final class Unusable extends StoreOpenException {
    Unusable(Path directory, String remedy, Throwable cause) {
      super(
          "the store in " + directory + " cannot be opened (" + cause.getMessage() + "): " + remedy,
          cause);
    }
  }
}
