package dev.berth.node.disk;

import static java.util.stream.Collectors.toSet;

import dev.berth.node.disk.JournalTurns.Concern;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * The journal as a directory: one JSON file for each volume ({@code format-UID.json}) and each
 * wiped device ({@code wipe-UUID.json}). A file is replaced by a synced one and the directory
 * synced after it, so that a cut at any point leaves the old or the new, never a part.
 *
 * <p>A write waits for the host's disk. Many volumes are prepared at a time: only what concerns the
 * same volume or device waits for one another, so that the file system can sync many together.
 */
public final class SyncedFormatJournal implements FormatJournal {
  private static final Logger log = LoggerFactory.getLogger(SyncedFormatJournal.class);
  private static final String FORMAT = "format-";
  private static final String WIPE = "wipe-";
  private static final String JSON = ".json";
  private static final String NEW = ".new";

  private final Path directory;
  private final JsonMapper json = JsonMapper.shared();
  private final JournalTurns turns = new JournalTurns();

  /** As durable as they are: changed after the files. */
  private final Map<UUID, FormatIntent> intents = new ConcurrentHashMap<>();

  private final Map<String, WipeRecord> wipes = new ConcurrentHashMap<>();

  /**
   * Reads what is recorded.
   *
   * @param directory made when it is missing; this process's alone
   * @throws IOException also when a file cannot be understood: better no start than a forgotten
   *     format
   */
  public SyncedFormatJournal(Path directory) throws IOException {
    this.directory = Files.createDirectories(directory);
    try (var files = Files.newDirectoryStream(directory)) {
      for (var file : files) {
        load(file);
      }
    }
  }

  private void load(Path file) throws IOException {
    var name = file.getFileName().toString();
    if (name.endsWith(NEW)) {
      Files.delete(file);
      return;
    }
    try {
      if (name.startsWith(FORMAT)) {
        var intent = json.readValue(Files.readAllBytes(file), FormatIntent.class);
        intents.put(intent.volume(), intent);
      } else if (name.startsWith(WIPE)) {
        wipes.put(name, json.readValue(Files.readAllBytes(file), WipeRecord.class));
      }
    } catch (JacksonException e) {
      throw new IOException(
          file
              + " cannot be read as a record of a format or wipe: restore it, or remove it once you"
              + " know what is on the device",
          e);
    }
  }

  @Override
  public void begin(FormatIntent intent) throws IOException {
    try (var _ = turns.take(() -> onDevice(intent.device()).and(intent.volume()))) {
      var earlier = intents.get(intent.volume());
      if (earlier != null && earlier.done() && earlier.generation() >= intent.generation()) {
        throw new IllegalStateException(
            "volume %s was formatted on %s already, at %s: it is not formatted again"
                .formatted(intent.volume(), earlier.device(), earlier.decided()));
      }
      if (earlier != null && !earlier.done() && !earlier.device().sameDevice(intent.device())) {
        log.warn(
            "volume {} is formatted on {}; its unfinished format of {} is forgotten",
            intent.volume(),
            intent.device(),
            earlier.device());
      }
      put(intent);
      // After the intent, which alone spends them too: a crash in between changes nothing.
      removeWipes(intent.device());
      // The device was blank until now: what is on it from here on is this volume's debris alone.
      forgetUnfinished(intent.device(), intent.volume());
    }
  }

  @Override
  public void finish(UUID volume) throws IOException {
    try (var _ = turns.take(() -> Concern.NOTHING.and(volume))) {
      var intent = intents.get(volume);
      if (intent == null) {
        throw new IllegalStateException("no format of volume " + volume + " was begun");
      }
      put(intent.finished());
    }
  }

  private void put(FormatIntent intent) throws IOException {
    write(FORMAT + intent.volume() + JSON, intent);
    intents.put(intent.volume(), intent);
  }

  @Override
  public Optional<FormatIntent> of(UUID volume) {
    return Optional.ofNullable(intents.get(volume));
  }

  @Override
  public Set<UUID> volumes() {
    return Set.copyOf(intents.keySet());
  }

  @Override
  public Optional<FormatIntent> unfinishedOn(DeviceIdentity device) {
    var wiped = wipe(device).map(wipe -> wipe.getValue().generation()).orElse(0L);
    return intents.values().stream()
        .filter(intent -> !intent.done() && intent.device().sameDevice(device))
        .filter(intent -> intent.generation() >= wiped)
        // Killed between two steps of a begin, there are two: the later one's debris is there.
        .max(Comparator.comparing(FormatIntent::decided));
  }

  @Override
  public void forget(UUID volume) throws IOException {
    try (var _ = turns.take(() -> formatOf(volume))) {
      drop(volume);
    }
  }

  private void drop(UUID volume) throws IOException {
    var intent = intents.get(volume);
    if (intent == null) {
      return;
    }
    // A crash may have kept the wipe that the intent has spent.
    if (wipe(intent.device())
        .filter(wipe -> wipe.getValue().generation() <= intent.generation())
        .isPresent()) {
      removeWipes(intent.device());
    }
    remove(FORMAT + volume + JSON);
    intents.remove(volume);
  }

  private Concern formatOf(UUID volume) {
    var intent = intents.get(volume);
    return (intent == null ? Concern.NOTHING : onDevice(intent.device())).and(volume);
  }

  /** The device, and the volumes that were not formatted to the end on it. */
  private Concern onDevice(DeviceIdentity device) {
    return new Concern(unfinished(device), Optional.of(device));
  }

  private Set<UUID> unfinished(DeviceIdentity device) {
    return intents.values().stream()
        .filter(intent -> !intent.done() && intent.device().sameDevice(device))
        .map(FormatIntent::volume)
        .collect(toSet());
  }

  @Override
  public void recordWipe(WipeRecord wipe) throws IOException {
    try (var _ = turns.take(() -> onDevice(wipe.device()))) {
      var name = wipe(wipe.device()).map(Map.Entry::getKey).orElse(WIPE + UUID.randomUUID() + JSON);
      write(name, wipe);
      wipes.put(name, wipe);
    }
  }

  @Override
  public Optional<WipeRecord> wipeOf(DeviceIdentity device) {
    return wipe(device).map(Map.Entry::getValue);
  }

  @Override
  public boolean wipedAndUnused(DeviceIdentity device, long generation) {
    var wiped =
        wipe(device)
            .map(Map.Entry::getValue)
            .filter(wipe -> wipe.complete() && wipe.generation() == generation)
            .isPresent();
    var used =
        intents.values().stream()
            .anyMatch(
                intent -> intent.device().sameDevice(device) && intent.generation() >= generation);
    return wiped && !used;
  }

  @Override
  public void handOver(DeviceIdentity device) throws IOException {
    try (var _ = turns.take(() -> onDevice(device))) {
      removeWipes(device);
      forgetUnfinished(device, null);
    }
  }

  /**
   * @param except the volume whose format goes on, if any
   */
  private void forgetUnfinished(DeviceIdentity device, @Nullable UUID except) throws IOException {
    for (var volume : unfinished(device)) {
      if (!volume.equals(except)) {
        drop(volume);
      }
    }
  }

  private Optional<Map.Entry<String, WipeRecord>> wipe(DeviceIdentity device) {
    return wipes.entrySet().stream()
        .filter(entry -> entry.getValue().device().sameDevice(device))
        .findFirst();
  }

  private void removeWipes(DeviceIdentity device) throws IOException {
    for (var found = wipe(device); found.isPresent(); found = wipe(device)) {
      remove(found.get().getKey());
      wipes.remove(found.get().getKey());
    }
  }

  private void write(String name, Object record) throws IOException {
    var temporary = directory.resolve(name + NEW);
    try (var file =
        FileChannel.open(
            temporary,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      var bytes = ByteBuffer.wrap(json.writeValueAsBytes(record));
      while (bytes.hasRemaining()) {
        file.write(bytes);
      }
      file.force(true);
    }
    Files.move(temporary, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    syncDirectory();
  }

  private void remove(String name) throws IOException {
    Files.deleteIfExists(directory.resolve(name));
    syncDirectory();
  }

  private void syncDirectory() throws IOException {
    try (var names = FileChannel.open(directory, StandardOpenOption.READ)) {
      names.force(true);
    }
  }
}
