package dev.berth.node.disk;

/** How an operation on a device or a mount ended. */
public sealed interface Outcome {

  /**
   * It is done.
   *
   * @param note what is worth telling, empty when nothing is
   */
  record Done(String note) implements Outcome {
    public static final Done PLAIN = new Done("");
  }

  /**
   * It was refused or failed, and will do nothing more.
   *
   * @param message for the user's event
   * @param overdue whether it was ended because it took too long
   */
  record Failed(String message, boolean overdue) implements Outcome {
    public Failed(String message) {
      this(message, false);
    }
  }

  /** A program that it needs is not installed; the message names it and its package. */
  record ToolMissing(String tool, String message) implements Outcome {}

  /**
   * Nobody knows: the child was ended half-way or does not answer.
   *
   * @param late whether it may still take effect (the child is stuck in the kernel); when not, what
   *     the device or mountinfo shows now is final
   */
  record Uncertain(String message, boolean late) implements Outcome {}

  default boolean done() {
    return this instanceof Done;
  }

  /** For a person: what happened. */
  default String text() {
    return switch (this) {
      case Done(var note) -> note;
      case Failed(var message, _) -> message;
      case ToolMissing(_, var message) -> message;
      case Uncertain(var message, _) -> message;
    };
  }
}
