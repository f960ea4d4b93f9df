package dev.berth.node.linux;

/** An open file descriptor of this process, never inherited by children. */
public interface Fd extends AutoCloseable {

  int number();

  /** The path under which it was opened: for messages. */
  String subject();

  /** A path that names the open file whatever happens to its name: for calls that want a path. */
  default String procPath() {
    return "/proc/self/fd/" + number();
  }

  /** Closes it; a second time does nothing. Errors of close lose nothing here: sync before it. */
  @Override
  void close();
}
