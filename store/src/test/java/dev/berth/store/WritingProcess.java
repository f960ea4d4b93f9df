package dev.berth.store;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.observe.Meters;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.rocksdb.RocksDB;

/**
 * A process of its own that opens a store and writes into it ({@link PairWriters}) until it is
 * killed, telling on its output what was acknowledged.
 */
final class WritingProcess implements AutoCloseable {
  private static final int TOLD_BYTES = 32;

  private final Process process;
  private final BufferedReader output;

  private WritingProcess(Process process) {
    this.process = process;
    this.output = process.inputReader(US_ASCII);
  }

  /** Arguments: the store's directory, how many writers, and the number of the run. */
  public static void main(String[] arguments) throws Exception {
    var out = new FileOutputStream(FileDescriptor.out);
    var writers = Integer.parseInt(arguments[1]);
    var store =
        RocksObjectStore.open(
            Path.of(arguments[0]),
            StoreFixture.SMALL,
            Meters.none(),
            broken -> Runtime.getRuntime().halt(3));
    tell(out, "open");
    PairWriters.start(
        store,
        writers,
        Integer.parseInt(arguments[2]),
        (writer, number) -> tell(out, "ack " + writer + " " + number));
    Thread.currentThread().join();
  }

  /** One line, in one write: what was read of it is whole. */
  private static void tell(FileOutputStream out, String line) {
    var padded = line + " ".repeat(TOLD_BYTES - 1 - line.length()) + "\n";
    try {
      out.write(padded.getBytes(US_ASCII));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * @param temp for what the process needs beside the store
   */
  static WritingProcess start(Path temp, Path store, int writers, int run) throws IOException {
    var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    var command =
        List.of(
            java,
            "--enable-native-access=ALL-UNNAMED",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Xmx128m",
            "-Djava.library.path=" + nativeLibrary(temp).getParent(),
            "-cp",
            System.getProperty("java.class.path"),
            WritingProcess.class.getName(),
            store.toString(),
            "" + writers,
            "" + run);
    var errors = temp.resolve("errors-of-writing-process").toFile();
    var process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.appendTo(errors)).start();
    var writing = new WritingProcess(process);
    var line = writing.output.readLine();
    assertThat(line == null ? null : line.strip())
        .as("first line of the process; its errors: %s", Files.readString(errors.toPath()))
        .isEqualTo("open");
    return writing;
  }

  /** Unpacked once: a process that is killed leaves what it has unpacked. */
  private static Path nativeLibrary(Path temp) throws IOException {
    var library = temp.resolve("librocksdbjni-linux64.so");
    if (!Files.exists(library)) {
      try (var packed = RocksDB.class.getResourceAsStream("/" + library.getFileName())) {
        if (packed == null) {
          throw new AssertionError("rocksdbjni has no " + library.getFileName());
        }
        Files.copy(packed, library, StandardCopyOption.REPLACE_EXISTING);
      }
    }
    return library;
  }

  long pid() {
    return process.pid();
  }

  /** Waits for so many acknowledgements, notes them, then kills the process where it is. */
  void killAfter(int acknowledgements, PairWriters.Acknowledged acknowledged)
      throws IOException, InterruptedException {
    for (var i = 0; i < acknowledgements; i++) {
      var line = output.readLine();
      assertThat(line).as("the process ended by itself: exit code %s", process).isNotNull();
      note(line, acknowledged);
    }
    // Not by the process object, which would close the output.
    process.toHandle().destroyForcibly();
    // What it told before it died counts as well.
    for (var line = output.readLine(); line != null; line = output.readLine()) {
      if (line.length() == TOLD_BYTES - 1) {
        note(line, acknowledged);
      }
    }
    assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isEqualTo(128 + 9);
  }

  private static void note(String line, PairWriters.Acknowledged acknowledged) {
    var words = new ArrayList<>(List.of(line.strip().split(" ")));
    assertThat(words).hasSize(3);
    acknowledged.acknowledged(Integer.parseInt(words.get(1)), Integer.parseInt(words.get(2)));
  }

  @Override
  public void close() throws IOException {
    process.destroyForcibly();
    process.onExit().orTimeout(10, TimeUnit.SECONDS).join();
    output.close();
  }
}
