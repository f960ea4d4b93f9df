package dev.berth.core.registry;

import static dev.berth.core.registry.Fixture.tree;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.model.Json;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.registry.ResourceWatch.Events;
import dev.berth.core.registry.Written.Effect;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import tools.jackson.databind.node.ObjectNode;

/**
 * Random requests against a registry and against a model of it that fits on a page. Both must agree
 * on every outcome, and a watcher must see exactly what happened. A failure names its seed.
 */
class RegistryModelTest {

  private static final int REQUESTS = 300;

  /** What the model knows of a claim. */
  private static final class Claim {
    final String uid;
    long revision;
    boolean deleting;
    String label = "";
    String phase = "Pending";
    final List<String> finalizers = new ArrayList<>(List.of("kubernetes.io/pvc-protection"));

    Claim(String uid, long revision) {
      this.uid = uid;
      this.revision = revision;
    }

    String described() {
      return uid + " " + deleting + " " + label + " " + phase + " " + finalizers;
    }

    static String describe(ObjectNode claim) {
      var finalizers = new ArrayList<String>();
      claim.at("/metadata/finalizers").forEach(item -> finalizers.add(item.stringValue()));
      return Json.text(claim, "metadata", "uid")
          + " "
          + claim.at("/metadata").has("deletionTimestamp")
          + " "
          + Json.text(claim, "metadata", "labels", "l")
          + " "
          + Json.text(claim, "status", "phase")
          + " "
          + finalizers;
    }
  }

  private final Fixture fixture = new Fixture();
  private final Map<String, Claim> model = new TreeMap<>();
  private final Map<Long, String> history = new TreeMap<>();
  private Random random = new Random();

  @RepeatedTest(20)
  void theRegistryDoesWhatTheModelDoes(RepetitionInfo repetition) {
    random = new Random(repetition.getCurrentRepetition());
    var begin = fixture.store.revision();
    for (var i = 0; i < REQUESTS; i++) {
      var name = "c" + random.nextInt(4);
      switch (random.nextInt(7)) {
        case 0, 1 -> create(name);
        case 2 -> label(name);
        case 3 -> phase(name);
        case 4 -> finalizers(name);
        case 5 -> staleReplace(name);
        default -> delete(name);
      }
      agree();
    }
    watcherSawIt(begin, null);
    watcherSawIt(begin, "l=a");
  }

  private void create(String name) {
    var expected = model.containsKey(name) ? "AlreadyExists" : "CREATED";
    var document = Samples.of(ResourceTypes.CLAIM);
    document.withObject("metadata").put("name", name);
    var outcome =
        outcome(
            () ->
                fixture.registry.create(
                    ResourceTypes.CLAIM, "default", document, WriteOptions.DEFAULT),
            written -> {
              var uid = Json.text(tree(written.object()), "metadata", "uid");
              model.put(name, new Claim(uid, written.object().revision()));
              history.put(written.object().revision(), "ADDED " + name);
            });
    assertThat(outcome).isEqualTo(expected);
  }

  private void label(String name) {
    var label = List.of("a", "b").get(random.nextInt(2));
    change(
        name,
        Resources.OBJECT,
        "{'metadata':{'labels':{'l':'%s'}},'status':{'phase':'Lost'}}".formatted(label),
        claim -> claim.label = label);
  }

  private void phase(String name) {
    var phase = List.of("Pending", "Bound", "Lost").get(random.nextInt(3));
    change(
        name,
        Resources.STATUS,
        "{'spec':{'volumeName':'ignored'},'status':{'phase':'%s'}}".formatted(phase),
        claim -> claim.phase = phase);
  }

  private void finalizers(String name) {
    var wanted = new ArrayList<String>();
    for (var finalizer : List.of("a.b/1", "a.b/2")) {
      if (random.nextInt(3) == 0) {
        wanted.add(finalizer);
      }
    }
    var claim = model.get(name);
    var list = wanted.isEmpty() ? "null" : "['" + String.join("','", wanted) + "']";
    if (claim != null && claim.deleting && !claim.finalizers.containsAll(wanted)) {
      assertThat(
              outcome(
                  () ->
                      fixture.merge(
                          ResourceTypes.CLAIM, name, "{'metadata':{'finalizers':" + list + "}}"),
                  written -> {}))
          .isEqualTo("Invalid");
      return;
    }
    change(
        name,
        Resources.OBJECT,
        "{'metadata':{'finalizers':" + list + "}}",
        changed -> {
          changed.finalizers.clear();
          changed.finalizers.addAll(wanted);
        });
  }

  private void change(String name, String subresource, String patch, Consumer<Claim> effect) {
    var claim = model.get(name);
    var before = claim == null ? "" : claim.described();
    var outcome =
        outcome(
            () -> fixture.merge(ResourceTypes.CLAIM, name, subresource, patch),
            written -> applied(name, effect, written));
    if (claim == null) {
      assertThat(outcome).isEqualTo("NotFound");
    } else if (claim.deleting && claim.finalizers.isEmpty()) {
      assertThat(outcome).isEqualTo("DELETED");
    } else {
      assertThat(outcome).isEqualTo(claim.described().equals(before) ? "UNCHANGED" : "CHANGED");
    }
  }

  private void applied(String name, Consumer<Claim> effect, Written written) {
    var claim = model.get(name);
    assertThat(claim).isNotNull();
    if (claim == null) {
      return;
    }
    effect.accept(claim);
    if (written.effect() == Effect.UNCHANGED) {
      assertThat(written.object().revision()).isEqualTo(claim.revision);
      return;
    }
    claim.revision = written.object().revision();
    if (written.effect() == Effect.DELETED) {
      model.remove(name);
      history.put(claim.revision, "DELETED " + name);
    } else {
      history.put(claim.revision, "MODIFIED " + name);
    }
  }

  private void staleReplace(String name) {
    var claim = model.get(name);
    if (claim == null) {
      return;
    }
    var document = fixture.get(ResourceTypes.CLAIM, name);
    document.withObject("metadata").put("resourceVersion", Long.toString(claim.revision + 1));
    assertThat(outcome(() -> fixture.replace(ResourceTypes.CLAIM, "", document), w -> {}))
        .isEqualTo("Conflict");
  }

  private void delete(String name) {
    var claim = model.get(name);
    var outcome =
        outcome(
            () -> fixture.delete(ResourceTypes.CLAIM, name),
            written -> {
              var revision = written.object().revision();
              if (written.effect() == Effect.DELETED) {
                model.remove(name);
                history.put(revision, "DELETED " + name);
              } else if (claim != null && !claim.deleting) {
                claim.deleting = true;
                claim.revision = revision;
                history.put(revision, "MODIFIED " + name);
              }
            });
    if (claim == null) {
      assertThat(outcome).isEqualTo("NotFound");
    } else {
      assertThat(outcome).isEqualTo(claim.finalizers.isEmpty() ? "DELETED" : "DELETING");
    }
  }

  private static String outcome(Supplier<Written> request, Consumer<Written> success) {
    try {
      var written = request.get();
      success.accept(written);
      return written.effect().name();
    } catch (Rejection rejection) {
      return rejection.status().reason();
    }
  }

  private void agree() {
    var found = new HashMap<String, String>();
    var expected = new HashMap<String, String>();
    var page = fixture.registry.list(ResourceTypes.CLAIM, "default", ListOptions.ALL);
    for (var object : page.objects()) {
      found.put(object.key().name(), object.revision() + " " + Claim.describe(tree(object)));
    }
    model.forEach((name, claim) -> expected.put(name, claim.revision + " " + claim.described()));
    assertThat(found).isEqualTo(expected);
  }

  /** Without a selector: every event. With one: a picture that ends as the list does. */
  private void watcherSawIt(long begin, @Nullable String labels) {
    var options = new WatchOptions(labels, null, Long.toString(begin));
    var seen = new ArrayList<String>();
    var picture = new TreeMap<String, Long>();
    try (var watch = fixture.registry.watch(ResourceTypes.CLAIM, "default", null, options)) {
      while (watch.take(50) instanceof Events(var events, var progress) && !events.isEmpty()) {
        for (var event : events) {
          var name = event.object().key().name();
          seen.add(event.type() + " " + name);
          switch (event.type()) {
            case ADDED -> assertThat(picture.put(name, event.object().revision())).isNull();
            case MODIFIED -> assertThat(picture.put(name, event.object().revision())).isNotNull();
            case DELETED -> assertThat(picture.remove(name)).isNotNull();
          }
        }
      }
    }
    var list = new ListOptions(labels, null, 0, null, null, null);
    var expected = new TreeMap<String, Long>();
    for (var object : fixture.registry.list(ResourceTypes.CLAIM, "default", list).objects()) {
      expected.put(object.key().name(), object.revision());
    }
    assertThat(picture).isEqualTo(expected);
    if (labels == null) {
      assertThat(seen).containsExactlyElementsOf(history.values());
    }
  }
}
