package dev.berth.node.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.berth.core.model.WipeMethod;
import dev.berth.node.linux.DeviceNumber;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SyncedFormatJournalTest {
  private static final Instant NOON = Instant.parse("2026-11-21T12:00:00.5Z");
  private static final UUID A = UUID.fromString("aaaaaaaa-0000-4000-8000-000000000000");
  private static final UUID B = UUID.fromString("bbbbbbbb-0000-4000-8000-000000000000");

  @TempDir Path directory;
  private FormatJournal journal;

  @BeforeEach
  void open() throws IOException {
    journal = new SyncedFormatJournal(directory);
  }

  private void restart() throws IOException {
    open();
  }

  @Test
  void anIntentIsFoundAfterARestartUntilItIsDone() throws Exception {
    journal.begin(intent(A, disk("S1"), 0));
    restart();
    assertThat(journal.unfinishedOn(disk("S1"))).hasValue(intent(A, disk("S1"), 0));
    assertThat(journal.unfinishedOn(disk("S2"))).isEmpty();
    journal.finish(A);
    restart();
    assertThat(journal.unfinishedOn(disk("S1"))).isEmpty();
    assertThat(journal.of(A)).hasValueSatisfying(intent -> assertThat(intent.done()).isTrue());
  }

  @Test
  void aVolumeIsFormattedOnceInAGeneration() throws Exception {
    journal.begin(intent(A, disk("S1"), 0));
    journal.begin(intent(A, disk("S1"), 0));
    journal.finish(A);

    assertThatThrownBy(() -> journal.begin(intent(A, disk("S2"), 0)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContainingAll(A.toString(), "S1", "not formatted again");
    journal.begin(intent(A, disk("S1"), 17));
    journal.finish(A);
    assertThatThrownBy(() -> journal.begin(intent(A, disk("S1"), 17)))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> journal.finish(B)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aWipeRecordIsGoodForOneFormatOfItsGeneration() throws Exception {
    journal.recordWipe(wipe("S1", 17, false));
    assertThat(journal.wipedAndUnused(disk("S1"), 17)).isFalse();
    journal.recordWipe(wipe("S1", 17, true));
    restart();
    assertThat(journal.wipeOf(disk("S1"))).hasValue(wipe("S1", 17, true));
    assertThat(journal.wipedAndUnused(disk("S1"), 17)).isTrue();
    assertThat(journal.wipedAndUnused(disk("S1"), 18)).isFalse();
    assertThat(journal.wipedAndUnused(disk("S2"), 17)).isFalse();

    journal.begin(intent(A, disk("S1"), 17));
    assertThat(journal.wipedAndUnused(disk("S1"), 17)).isFalse();
    journal.finish(A);
    journal.forget(A);
    restart();
    assertThat(journal.wipedAndUnused(disk("S1"), 17)).as("spent, also when forgotten").isFalse();
  }

  @Test
  void aWipeEndsWhatWasUnfinishedBeforeIt() throws Exception {
    journal.begin(intent(A, disk("S1"), 0));
    journal.recordWipe(wipe("S1", 17, true));

    assertThat(journal.unfinishedOn(disk("S1"))).isEmpty();
  }

  @Test
  void whatIsOnADeviceIsTheDebrisOfTheLastFormatThatWasBegunThere() throws Exception {
    journal.begin(intent(A, disk("S1"), 0));
    journal.begin(intent(B, disk("S1"), 0));
    restart();

    assertThat(journal.unfinishedOn(disk("S1")).map(FormatIntent::volume)).hasValue(B);
    assertThat(journal.of(A)).isEmpty();
  }

  @Test
  void aDeviceThatIsHandedOverIsNeitherWipedNorDebris() throws Exception {
    journal.begin(intent(A, disk("S1"), 0));
    journal.recordWipe(wipe("S2", 3, true));
    journal.handOver(disk("S1"));
    journal.handOver(disk("S2"));
    restart();

    assertThat(journal.unfinishedOn(disk("S1"))).isEmpty();
    assertThat(journal.of(A)).isEmpty();
    assertThat(journal.wipedAndUnused(disk("S2"), 3)).isFalse();
  }

  @Test
  void aFormatElsewhereSurvivesThatItsEarlierDeviceIsGivenToAnother() throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var round = 0; round < 100; round++) {
        journal.begin(intent(A, disk("S1"), 0));
        var again = threads.submit(() -> begun(intent(A, disk("S2"), 0)));
        var other = threads.submit(() -> begun(intent(B, disk("S1"), 0)));
        again.get();
        other.get();

        restart();
        assertThat(journal.unfinishedOn(disk("S2")).map(FormatIntent::volume)).hasValue(A);
        assertThat(journal.unfinishedOn(disk("S1")).map(FormatIntent::volume)).hasValue(B);
        journal.forget(A);
        journal.forget(B);
      }
    }
  }

  private boolean begun(FormatIntent intent) throws IOException {
    journal.begin(intent);
    return true;
  }

  @Test
  void manyVolumesAreRecordedAtATime() throws Exception {
    var volumes = Stream.generate(UUID::randomUUID).limit(50).toList();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var formats = new ArrayList<Future<?>>();
      for (var volume : volumes) {
        formats.add(
            threads.submit(
                () -> {
                  journal.begin(intent(volume, disk(volume.toString()), 0));
                  journal.finish(volume);
                  journal.handOver(disk(volume.toString()));
                  return volume;
                }));
      }
      for (var format : formats) {
        format.get();
      }
    }
    restart();
    assertThat(journal.volumes()).containsExactlyInAnyOrderElementsOf(volumes);
    assertThat(volumes).allSatisfy(volume -> assertThat(journal.of(volume).get().done()).isTrue());
  }

  @Test
  void whatACutLeavesIsDroppedAndWhatCannotBeReadStops() throws Exception {
    journal.begin(intent(A, disk("S1"), 0));
    Files.writeString(directory.resolve("format-" + B + ".json.new"), "{\"volu");
    restart();
    assertThat(journal.of(A)).isPresent();
    assertThat(journal.of(B)).isEmpty();

    Files.writeString(directory.resolve("format-" + B + ".json"), "{\"volu");
    assertThatThrownBy(this::restart)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("format-" + B + ".json cannot be read");
  }

  @Test
  void theStoredFormIsStable() throws Exception {
    var stored =
        """
        {"volume":"aaaaaaaa-0000-4000-8000-000000000000",\
        "device":{"number":{"major":7,"minor":3},"bootId":"boot","sequence":9,\
        "sizeBytes":1073741824,"partition":{"number":1,"startBytes":1048576},\
        "wwn":null,"serial":"S1",\
        "loop":{"device":{"major":254,"minor":0},"inode":12,\
        "birth":"2026-11-21T12:00:00.500Z","path":"/pool/a.img","offsetBytes":0}},\
        "kind":"EXT4","generation":5,"decided":"2026-11-21T12:00:00.500Z","done":false}""";
    var device =
        new DeviceIdentity(
            new DeviceNumber(7, 3),
            "boot",
            OptionalLong.of(9),
            1L << 30,
            Optional.of(new DeviceIdentity.Partition(1, 1 << 20)),
            Optional.empty(),
            Optional.of("S1"),
            Optional.of(
                new DeviceIdentity.LoopBacking(
                    new DeviceNumber(254, 0), 12, Optional.of(NOON), "/pool/a.img", 0)));
    var intent = new FormatIntent(A, device, FileSystemKind.EXT4, 5, NOON, "", false);
    journal.begin(intent);

    var file = directory.resolve("format-" + A + ".json");
    assertThat(file).content().isEqualTo(stored);
    Files.writeString(file, stored);
    restart();
    assertThat(journal.of(A)).hasValue(intent);
  }

  private static FormatIntent intent(UUID volume, DeviceIdentity device, long generation) {
    return new FormatIntent(volume, device, FileSystemKind.EXT4, generation, NOON, "", false);
  }

  private static WipeRecord wipe(String serial, long generation, boolean complete) {
    return new WipeRecord(disk(serial), generation, WipeMethod.ZERO, 4096, NOON, complete);
  }

  private static DeviceIdentity disk(String serial) {
    return new DeviceIdentity(
        new DeviceNumber(8, 0),
        "boot",
        OptionalLong.of(1),
        1 << 20,
        Optional.empty(),
        Optional.empty(),
        Optional.of(serial),
        Optional.empty());
  }
}
