package dev.berth.node.runtime;

import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What this process may hand on to containers. Root is not always allowed everything: a service
 * manager or an outer container may have taken capabilities away, and then an OCI runtime refuses
 * to start a container that asks for more.
 *
 * @param capabilities the bounding set, bit N for the capability of number N
 * @param openFiles most files that a process may open
 * @param leastOomScoreAdjust the lowest score that may be given
 */
record OwnRights(long capabilities, long openFiles, int leastOomScoreAdjust) {
  private static final int SYS_RESOURCE = 24;
  private static final long ENOUGH_FILES = 1_048_576;

  static OwnRights read() throws IOException {
    var capabilities =
        Long.parseUnsignedLong(field(Path.of("/proc/self/status"), "CapBnd:", 1), 16);
    var mayRaise = (capabilities & 1L << SYS_RESOURCE) != 0;
    var most = number(Path.of("/proc/sys/fs/nr_open"));
    if (!mayRaise) {
      var hard = field(Path.of("/proc/self/limits"), "Max open files", 4);
      most = hard.equals("unlimited") ? most : Math.min(most, Long.parseLong(hard));
    }
    return new OwnRights(
        capabilities,
        Math.min(most, ENOUGH_FILES),
        mayRaise ? -1000 : (int) number(Path.of("/proc/self/oom_score_adj")));
  }

  boolean has(int capability) {
    return (capabilities & 1L << capability) != 0;
  }

  private static long number(Path file) throws IOException {
    // In one read: the kernel's settings have no second part.
    try (var in = new FileInputStream(file.toFile())) {
      return Long.parseLong(new String(in.readAllBytes(), StandardCharsets.US_ASCII).strip());
    }
  }

  /** A word of the line that begins with {@code begin}. */
  private static String field(Path file, String begin, int word) throws IOException {
    return Files.readAllLines(file).stream()
        .filter(line -> line.startsWith(begin))
        .findFirst()
        .map(line -> line.split("\\s+")[word])
        .orElseThrow(() -> new IOException("%s has no line \"%s\"".formatted(file, begin)));
  }
}
