package dev.berth.node.linux;

import static dev.berth.node.linux.KernelStructs.cString;

import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

  /** A child whose output is captured; its stdin is /dev/null. */
  record Captured(Spawned process, OutputCapture out, OutputCapture err) {}

  /** A child with streams in the caller's hands. */
  record Streamed(Spawned process, OutputStream stdin, InputStream stdout, InputStream stderr) {}

  /**
   * Starts a program whose output is captured.
   *
   * @param argv the program's absolute path, then its arguments
   * @param limitBytes how much of each output is kept
   */
  Captured capture(List<String> argv, Map<String, String> environment, int limitBytes)
      throws IOException {
    var ends = new ArrayList<Fd>();
    try {
      var stdout = pipe(ends);
      var stderr = pipe(ends);
      // Before the start: what fails after it leaves a program that runs. They end with the pipes.
      var out = OutputCapture.of(stdout.read(), limitBytes);
      ends.remove(stdout.read());
      var err = OutputCapture.of(stderr.read(), limitBytes);
      ends.remove(stderr.read());
      var pid = start(argv, environment, Optional.empty(), stdout.write(), stderr.write());
      return new Captured(Spawned.follow(pid), out, err);
    } finally {
      ends.forEach(Fd::close);
    }
  }

  /**
   * Starts a program with streams.
   *
   * @param argv the program's absolute path, then its arguments
   */
  Streamed stream(List<String> argv, Map<String, String> environment) throws IOException {
    var ends = new ArrayList<Fd>();
    try {
      var stdin = pipe(ends);
      var stdout = pipe(ends);
      var stderr = pipe(ends);
      // Opened anew by their names in /proc, so that Java's streams own descriptors of their own.
      // A pipe opens at once only while its other end is open.
      var in = new FileOutputStream(stdin.write().procPath());
      var out = new FileInputStream(stdout.read().procPath());
      var err = new FileInputStream(stderr.read().procPath());
      var pid = start(argv, environment, Optional.of(stdin.read()), stdout.write(), stderr.write());
      return new Streamed(Spawned.follow(pid), in, out, err);
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
                return c.posix_spawn(pid, program, actions, attributes, arguments, variables);
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

  /** An array of C strings that ends in a null pointer; the strings lie behind it. */
  private Pointer strings(List<String> texts) {
    var bytes = texts.stream().map(KernelStructs::cString).toList();
    var word = kernel.runtime().addressSize();
    var at = word * (texts.size() + 1);
    var length = bytes.stream().mapToInt(string -> string.length).sum();
    var array = Memory.allocateDirect(kernel.runtime(), at + length, true);
    for (var n = 0; n < bytes.size(); n++) {
      var string = bytes.get(n);
      array.put(at, string, 0, string.length);
      array.putAddress((long) word * n, array.address() + at);
      at += string.length;
    }
    return array;
  }
}
