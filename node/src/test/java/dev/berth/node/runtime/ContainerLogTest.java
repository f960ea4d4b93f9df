package dev.berth.node.runtime;

import static dev.berth.node.runtime.ContainerHost.exit;
import static dev.berth.node.runtime.ContainerHost.shell;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.berth.core.node.LogQuery;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

class ContainerLogTest {
  private static final String T1 = "2026-11-21T06:52:01.000000001+00:00";
  private static final String T2 = "2026-11-21T08:52:02.5+02:00";
  private static final String T3 = "2026-11-21T06:52:03.000000003Z";

  @RegisterExtension final ContainerHost host = new ContainerHost();
  @TempDir Path directory = Path.of("/nowhere");

  private Path file() {
    return directory.resolve("0.log");
  }

  private ContainerLog log() {
    return new ContainerLog(file(), 3);
  }

  private void write(String... lines) throws IOException {
    Files.writeString(
        file(),
        String.join("\n", lines) + "\n",
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
  }

  /** What conmon does when a file is full. */
  private void replace() throws IOException {
    var fresh = directory.resolve("0.log.tmp");
    Files.writeString(fresh, "");
    Files.move(fresh, file(), StandardCopyOption.ATOMIC_MOVE);
  }

  private static LogQuery query(long tail, @Nullable Instant since, boolean stamps, long limit) {
    return new LogQuery(
        false,
        false,
        tail < 0 ? OptionalLong.empty() : OptionalLong.of(tail),
        since,
        stamps,
        limit < 0 ? OptionalLong.empty() : OptionalLong.of(limit));
  }

  private static final LogQuery FOLLOW =
      new LogQuery(false, true, OptionalLong.empty(), null, false, OptionalLong.empty());

  private String read(LogQuery query) throws IOException {
    try (var in = new LogStream(log(), query, () -> true)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void linesComeWithoutTheirHeadsAndPartsAreJoined() throws IOException {
    write(T1 + " stdout F one", T2 + " stderr P tw", T2 + " stderr F o", T3 + " stdout F ");
    assertThat(read(LogQuery.ALL)).isEqualTo("one\ntwo\n\n");
  }

  @Test
  void timestampsAreInUtcAndStandAtTheBeginningOfALineOnly() throws IOException {
    write(T1 + " stdout F one", T2 + " stderr P tw", T2 + " stderr F o");
    assertThat(read(query(-1, null, true, -1)))
        .isEqualTo("2026-11-21T06:52:01.000000001Z one\n2026-11-21T06:52:02.500000000Z two\n");
  }

  @Test
  void aTailAMomentAndALimitCutTheOutput() throws IOException {
    write(T1 + " stdout F one", T2 + " stdout F two", T3 + " stdout F three");
    assertThat(read(query(2, null, false, -1))).isEqualTo("two\nthree\n");
    assertThat(read(query(0, null, false, -1))).isEmpty();
    assertThat(read(query(3, null, false, -1))).isEqualTo("one\ntwo\nthree\n");
    assertThat(read(query(99, null, false, -1))).isEqualTo("one\ntwo\nthree\n");
    assertThat(read(query(-1, Instant.parse("2026-11-21T06:52:02.5Z"), false, -1)))
        .isEqualTo("two\nthree\n");
    assertThat(read(query(-1, Instant.parse("2027-01-01T00:00:00Z"), false, -1))).isEmpty();
    assertThat(read(query(-1, null, false, 5))).isEqualTo("one\nt");
    assertThat(read(query(1, null, false, 2))).isEqualTo("th");
  }

  @Test
  void aLineThatIsBeingWrittenIsNotShownYet() throws IOException {
    write(T1 + " stdout F one");
    Files.writeString(file(), T2 + " stdout F tw", StandardOpenOption.APPEND);
    assertThat(read(LogQuery.ALL)).isEqualTo("one\n");
    assertThat(read(query(1, null, false, -1))).isEqualTo("one\n");
  }

  @Test
  void nothingWrittenYetIsEmpty() throws IOException {
    assertThat(read(LogQuery.ALL)).isEmpty();
    assertThat(read(query(5, null, false, -1))).isEmpty();
  }

  @Test
  void tailsReachBackThroughChunksAndFiles() throws IOException {
    var lines = IntStream.range(0, 9000).mapToObj("line number %06d of many"::formatted).toList();
    for (var i = 0; i < lines.size(); i++) {
      write(T1 + " stdout F " + lines.get(i));
      if (i == 3000 || i == 6000) {
        log().keep();
        replace();
      }
    }
    log().keep();
    for (var tail : new int[] {1, 2999, 3000, 5999, 6000, 8999, 9000}) {
      var wanted =
          lines.subList(9000 - tail, 9000).stream().collect(Collectors.joining("\n")) + "\n";
      assertThat(read(query(tail, null, false, -1))).as("tail of %d", tail).isEqualTo(wanted);
    }
  }

  @Test
  void olderFilesAreKeptUpToTheirNumber() throws IOException {
    for (var i = 1; i <= 5; i++) {
      write(T1 + " stdout F " + i);
      log().keep();
      log().keep();
      replace();
    }
    write(T1 + " stdout F 6");
    assertThat(read(LogQuery.ALL)).isEqualTo("3\n4\n5\n6\n");
    log().keep();
    assertThat(read(LogQuery.ALL)).isEqualTo("4\n5\n6\n");
    log().remove(directory.resolve("none"));
    assertThat(directory).isEmptyDirectory();
  }

  @RepeatedTest(20)
  void aFollowerSeesEverythingThroughReplacementsAndEndsWithTheContainer() throws Exception {
    var exited = new AtomicBoolean();
    var log = new ContainerLog(file(), 50);
    write(T1 + " stdout F first");
    log.keep();
    var reading = new CompletableFuture<String>();
    var expected = new StringBuilder("first\n");
    try (var in = new LogStream(log, FOLLOW, exited::get)) {
      Thread.ofVirtual().start(() -> drain(in, reading));
      for (var i = 0; i < 20; i++) {
        write(T1 + " stdout F " + i);
        log.keep();
        replace();
        log.keep();
        write(T1 + " stdout F after " + i);
        expected.append(i).append("\nafter ").append(i).append('\n');
      }
      exited.set(true);
      assertThat(reading.get(10, TimeUnit.SECONDS)).isEqualTo(expected.toString());
    }
  }

  @Test
  void closingEndsAReadThatWaits() throws Exception {
    write(T1 + " stdout F first");
    var reading = new CompletableFuture<String>();
    var in = new LogStream(log(), FOLLOW, () -> false);
    Thread.ofVirtual().start(() -> drain(in, reading));
    await().until(() -> !reading.isDone());
    in.close();
    assertThat(reading.get(10, TimeUnit.SECONDS)).isIn("first\n", "");
  }

  private static void drain(InputStream in, CompletableFuture<String> result) {
    try {
      result.complete(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      result.completeExceptionally(e);
    }
  }

  @Test
  void aRealContainersOutputIsBoundedFollowedAndTimed() throws Exception {
    var settings = host.settings();
    var runtime =
        host.open(
            new OciSettings(
                settings.node(),
                settings.root(),
                settings.hidden(),
                settings.imageAliases(),
                settings.runtimes(),
                settings.conmon(),
                new OciSettings.LogLimits(20_000, 3)));
    var before = Instant.now().minus(Duration.ofSeconds(2));
    // At a pace at which no file is filled before the one before it has been seen.
    var spec =
        shell(
            """
            i=0; while [ $i -lt 1500 ]; do
              echo line $i; i=$((i+1)); [ $((i % 100)) = 0 ] && sleep 0.1
            done
            """);
    var status = runtime.start(spec);
    var followed = new CompletableFuture<String>();
    try (var in = runtime.logs(spec.id(), FOLLOW)) {
      Thread.ofVirtual().start(() -> drain(in, followed));
      exit(runtime, spec.id());
      assertThat(followed.get(20, TimeUnit.SECONDS))
          .isEqualTo(
              IntStream.range(0, 1500)
                  .mapToObj("line %d\n"::formatted)
                  .collect(Collectors.joining()));
    }
    // conmon counts each line with its time: 80 kB were written.
    var files = new ContainerLog(status.logPath(), 3).parts();
    assertThat(files).hasSize(3);
    for (var part : files) {
      assertThat(Files.size(part.path())).isLessThanOrEqualTo(20_000);
    }
    try (var in = runtime.logs(spec.id(), query(2, before, true, -1))) {
      var lines = new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
      assertThat(lines).hasSize(2);
      assertThat(Instant.parse(lines.getFirst().split(" ")[0])).isBetween(before, Instant.now());
      assertThat(lines.getLast()).endsWith(" line 1499");
    }
  }

  @Test
  void longLinesAndBytesThatAreNoTextComeThrough() throws Exception {
    var runtime = host.open();
    var spec = shell("head -c 100000 /dev/zero | tr '\\0' x; printf '\\n\\377end'");
    runtime.start(spec);
    exit(runtime, spec.id());
    try (var in = runtime.logs(spec.id(), LogQuery.ALL)) {
      var bytes = in.readAllBytes();
      assertThat(bytes).startsWith("x".repeat(100_000).getBytes(StandardCharsets.US_ASCII));
      assertThat(List.of(bytes.length, bytes[100_001] & 0xff)).isEqualTo(List.of(100_005, 0xff));
    }
  }
}
