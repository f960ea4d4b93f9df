package dev.berth.node.linux;

import static dev.berth.node.linux.KernelStructs.cString;

import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import jnr.ffi.Memory;
import jnr.ffi.Pointer;

/**
 * Starts programs with posix_spawn: each leads a session and process group of its own, stands in
 * the root directory, has default signals, and of this process's files only its three standard
 * ones. The JDK's way needs two programs more to be started for the same (jspawnhelper and setsid),
 * which is most of the time that a short child takes.
 */
final class Spawner {
  private static final short SET_SIGNAL_DEFAULTS = 0x04;
  private static final short SET_SIGNAL_MASK = 0x08;
  private static final short SET_SESSION = 0x80;

  /** Larger than glibc's posix_spawnattr_t (336 bytes) and posix_spawn_file_actions_t (80). */
  private static final int STRUCT_BYTES = 512;

  private static final int SIGNAL_SET_BYTES = 128;
  private static final int STDIN = 0;
  private static final int STDOUT = 1;
  private static final int STDERR = 2;

  private final NativeLibrary kernel = NativeLibrary.loaded();
  private final Syscalls syscalls;
  private final Executor threads;

  /**
   * @param syscalls signals the children
   * @param threads platform threads, one of which waits for each child
   */
  Spawner(Syscalls syscalls, Executor threads) {
    this.syscalls = syscalls;
    this.threads = threads;
  }

  /**
   * Starts a program.
   *
   * @param argv the program's absolute path, then its arguments
   * @param withStdin whether its stdin is a pipe of ours rather than /dev/null
   */
  Spawned spawn(List<String> argv, Map<String, String> environment, boolean withStdin)
      throws IOException {
    var ends = new ArrayList<Fd>();
    try {
      var stdin = withStdin ? Optional.of(pipe(ends)) : Optional.<Pipe>empty();
      var stdout = pipe(ends);
      var stderr = pipe(ends);
      // Opened anew by their names in /proc, so that Java's streams own descriptors of their own.
      // A pipe opens at once only while its other end is open.
      var in =
          stdin.isPresent()
              ? Optional.of(new FileOutputStream(stdin.get().write().procPath()))
              : Optional.<FileOutputStream>empty();
      var out = new FileInputStream(stdout.read().procPath());
      var err = new FileInputStream(stderr.read().procPath());
      var pid = start(argv, environment, stdin.map(Pipe::read), stdout.write(), stderr.write());
      return new Spawned(syscalls, pid, in, out, err, threads);
    } finally {
      ends.forEach(Fd::close);
    }
  }

  private record Pipe(Fd read, Fd write) {}

  private Pipe pipe(List<Fd> ends) throws SyscallException {
    var numbers = new int[2];
    kernel.call("pipe2", "a child's pipe", c -> c.pipe2(numbers, NativeLibrary.CLOSE_ON_EXEC));
    var pipe = new Pipe(kernel.adopt(numbers[0], "a pipe"), kernel.adopt(numbers[1], "a pipe"));
    ends.add(pipe.read());
    ends.add(pipe.write());
    return pipe;
  }

  private int start(
      List<String> argv, Map<String, String> environment, Optional<Fd> stdin, Fd stdout, Fd stderr)
      throws SyscallException {
    var runtime = kernel.runtime();
    var actions = Memory.allocateDirect(runtime, STRUCT_BYTES, true);
    var attributes = Memory.allocateDirect(runtime, STRUCT_BYTES, true);
    var pid = new int[1];
    var arguments = strings(argv);
    var variables =
        strings(
            environment.entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue())
                .toList());
    var program = cString(argv.getFirst());
    var in = stdin.map(Fd::number).orElse(-1);
    var error =
        kernel.plain(
            c -> {
              c.posix_spawn_file_actions_init(actions);
              c.posix_spawnattr_init(attributes);
              try {
                prepare(c, actions, in, stdout.number(), stderr.number());
                prepare(c, attributes);
                return c.posix_spawn(
                    pid, program, actions, attributes, arguments.array(), variables.array());
              } finally {
                c.posix_spawn_file_actions_destroy(actions);
                c.posix_spawnattr_destroy(attributes);
                Reference.reachabilityFence(arguments);
                Reference.reachabilityFence(variables);
              }
            });
    if (error != 0) {
      throw new SyscallException("posix_spawn", argv.getFirst(), error);
    }
    return pid[0];
  }

  private static void prepare(LibC c, Pointer actions, int stdin, int stdout, int stderr) {
    if (stdin < 0) {
      c.posix_spawn_file_actions_addopen(actions, STDIN, cString("/dev/null"), 0, 0);
    } else {
      c.posix_spawn_file_actions_adddup2(actions, stdin, STDIN);
    }
    c.posix_spawn_file_actions_adddup2(actions, stdout, STDOUT);
    c.posix_spawn_file_actions_adddup2(actions, stderr, STDERR);
    c.posix_spawn_file_actions_addclosefrom_np(actions, STDERR + 1);
    c.posix_spawn_file_actions_addchdir_np(actions, cString("/"));
  }

  private static void prepare(LibC c, Pointer attributes) {
    var all = new byte[SIGNAL_SET_BYTES];
    Arrays.fill(all, (byte) 0xff);
    c.posix_spawnattr_setsigmask(attributes, new byte[SIGNAL_SET_BYTES]);
    c.posix_spawnattr_setsigdefault(attributes, all);
    c.posix_spawnattr_setflags(
        attributes, (short) (SET_SIGNAL_DEFAULTS | SET_SIGNAL_MASK | SET_SESSION));
  }

  /**
   * An array of C strings that ends in a null pointer.
   *
   * @param strings kept reachable as long as the array is
   */
  private record Strings(Pointer array, List<Pointer> strings) {}

  private Strings strings(List<String> texts) {
    var runtime = kernel.runtime();
    var word = runtime.addressSize();
    var array = Memory.allocateDirect(runtime, word * (texts.size() + 1), true);
    var strings = new ArrayList<Pointer>();
    for (var text : texts) {
      var bytes = cString(text);
      var string = Memory.allocateDirect(runtime, bytes.length);
      string.put(0, bytes, 0, bytes.length);
      array.putPointer((long) word * strings.size(), string);
      strings.add(string);
    }
    return new Strings(array, strings);
  }
}
