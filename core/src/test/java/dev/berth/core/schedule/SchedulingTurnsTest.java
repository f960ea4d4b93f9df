package dev.berth.core.schedule;

import static dev.berth.core.control.Manifest.pod;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.control.FedImage;
import dev.berth.core.control.Keys;
import dev.berth.core.control.Manifest;
import dev.berth.core.control.Plan;
import dev.berth.core.control.Plan.Relief;
import dev.berth.core.storage.ObjectKey;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Whose turn it is, and when the next one comes. */
class SchedulingTurnsTest {
  private static final Plan.Next UNTIL_ROOM = new Plan.Relieved(EnumSet.of(Relief.ROOM));

  private final SchedulingQueue queue = new SchedulingQueue();
  private final FedImage cluster = new FedImage();

  private static ObjectKey key(String pod) {
    return Keys.pod("default", pod);
  }

  private static Instant at(long seconds) {
    return FedImage.NOW.plusSeconds(seconds);
  }

  private void put(Manifest manifest) {
    queue.observe(cluster.put(manifest), cluster.image, FedImage.NOW);
  }

  private void remove(String pod) {
    queue.observe(cluster.remove(key(pod)), cluster.image, FedImage.NOW);
  }

  private void poll(String pod, long second) {
    assertThat(queue.poll(at(second))).isEqualTo(key(pod));
  }

  private void assertNothing(long second) {
    assertThat(queue.poll(at(second))).as("after %d seconds", second).isNull();
  }

  @Test
  void importantOnesFirstThenOldOnesThenByName() {
    put(pod("b").created("2026-01-02T00:00:00Z"));
    put(pod("a").created("2026-01-02T00:00:00Z"));
    put(pod("old"));
    put(pod("vip").created("2026-01-02T00:00:00Z").priority(1));
    for (var name : new String[] {"vip", "old", "a", "b"}) {
      poll(name, 0);
    }
    assertNothing(0);
  }

  @Test
  void itHoldsTheOnesThatWaitAndNoOther() {
    put(pod("a"));
    put(pod("b"));
    put(pod("placed").nodeName("n1"));
    put(pod("foreign").spec("{'schedulerName': 'another'}"));
    assertThat(queue.size()).isEqualTo(2);
    poll("a", 0);
    assertThat(queue.size()).as("it waits for the answer").isEqualTo(2);
    put(pod("a").nodeName("n1"));
    remove("b");
    assertThat(queue.size()).isZero();
    assertNothing(0);
    assertThat(queue.next()).isNull();
  }

  @Test
  void oneThatGoesLeavesNoTime() {
    put(pod("a"));
    poll("a", 0);
    queue.decided(key("a"), new Plan.At(at(5)), at(0));
    remove("a");
    put(pod("b"));
    poll("b", 0);
    queue.decided(key("b"), UNTIL_ROOM, at(0));
    remove("b");
    put(pod("c"));
    remove("c");
    assertThat(queue.next()).isNull();
    assertNothing(100);
  }

  @Test
  void itIsLookedAtWhenThePlanSays() {
    put(pod("a"));
    poll("a", 0);
    queue.decided(key("a"), new Plan.At(at(5)), at(0));
    assertThat(queue.next()).isEqualTo(at(5));
    assertNothing(4);
    poll("a", 5);
  }

  @Test
  void whatWaitsForWritesOrForAnythingIsNotPlanned() {
    put(pod("a"));
    poll("a", 0);
    queue.decided(key("a"), new Plan.Whenever(), at(0));
    queue.decided(key("a"), new Plan.Settled(Set.of(key("b"))), at(0));
    assertThat(queue.next()).isNull();
    queue.add(key("a"), at(3));
    assertThat(queue.next()).isEqualTo(at(3));
    poll("a", 3);
  }

  @Test
  void theNextTimeIsTheEarliest() {
    assertThat(queue.next()).isNull();
    put(pod("a"));
    assertThat(queue.next()).as("now").isEqualTo(at(0));
    put(pod("b"));
    put(pod("c"));
    poll("a", 0);
    poll("b", 0);
    poll("c", 0);
    queue.decided(key("a"), UNTIL_ROOM, at(0));
    assertThat(queue.next()).as("a minute aside").isEqualTo(at(60));
    queue.decided(key("b"), new Plan.At(at(70)), at(0));
    assertThat(queue.next()).isEqualTo(at(60));
    queue.decided(key("c"), new Plan.At(at(50)), at(0));
    assertThat(queue.next()).isEqualTo(at(50));
    poll("c", 50);
    poll("a", 60);
    assertThat(queue.next()).isEqualTo(at(70));
  }

  @Test
  void oneThatIsAddedIsDueOnceOnly() {
    put(pod("a"));
    poll("a", 0);
    queue.decided(key("a"), UNTIL_ROOM, at(0));
    queue.add(key("a"), at(1));
    poll("a", 1);
    assertNothing(60);
    queue.decided(key("a"), new Plan.At(at(65)), at(60));
    queue.add(key("a"), at(61));
    poll("a", 61);
    assertNothing(65);
  }

  @Test
  void oneThatIsNotKnownIsNotAdded() {
    queue.add(key("a"), at(0));
    queue.decided(key("a"), UNTIL_ROOM, at(0));
    queue.failed(key("a"), true, at(0));
    queue.succeeded(key("a"));
    assertNothing(100);
    assertThat(queue.size()).isZero();
  }

  @Test
  void whatFailedByOldKnowledgeIsTriedAgainAtOnceButOnlyOnce() {
    put(pod("a"));
    poll("a", 0);
    queue.failed(key("a"), true, at(0));
    poll("a", 0);
    queue.failed(key("a"), true, at(0));
    assertNothing(1);
    poll("a", 2);
    queue.failed(key("a"), true, at(2));
    assertNothing(5);
    poll("a", 6);
  }

  @Test
  void whatFailedOtherwiseWaitsLongerEachTime() {
    put(pod("a"));
    var second = 0;
    for (var wait : new int[] {1, 2, 4, 8, 10, 10}) {
      poll("a", second);
      queue.failed(key("a"), false, at(second));
      assertThat(queue.next()).isEqualTo(at(second + wait));
      assertNothing(second + wait - 1);
      second += wait;
    }
    poll("a", second);
    queue.succeeded(key("a"));
    queue.failed(key("a"), false, at(second));
    poll("a", second + 1);
  }

  @Test
  void oneThatFailedIsNotAsideAnyMore() {
    put(pod("a"));
    poll("a", 0);
    queue.decided(key("a"), UNTIL_ROOM, at(0));
    queue.failed(key("a"), false, at(0));
    poll("a", 1);
    assertNothing(60);
  }

  @Test
  void oneThatWasTriedOftenRestsAlthoughItIsWoken() {
    put(Manifest.node("n1"));
    put(pod("a"));
    poll("a", 0);
    queue.decided(key("a"), UNTIL_ROOM, at(0));
    put(Manifest.node("n2"));
    poll("a", 0);
    queue.decided(key("a"), UNTIL_ROOM, at(0));
    put(Manifest.node("n3"));
    assertThat(queue.next()).isEqualTo(FedImage.NOW.plus(Duration.ofSeconds(1)));
    assertNothing(0);
    poll("a", 1);
    assertNothing(60);
  }

  @Test
  void whenItIsClearedNothingIsLeft() {
    for (var name : new String[] {"active", "aside", "resting"}) {
      put(pod(name));
    }
    poll("active", 0);
    poll("aside", 0);
    poll("resting", 0);
    queue.decided(key("aside"), UNTIL_ROOM, at(0));
    queue.decided(key("resting"), new Plan.At(at(5)), at(0));
    queue.add(key("active"), at(0));
    queue.clear();
    assertThat(queue.size()).isZero();
    assertThat(queue.next()).isNull();
    put(Manifest.node("n1"));
    assertNothing(100);
  }
}
