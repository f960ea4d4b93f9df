package dev.berth.core.registry;

import static dev.berth.core.registry.Fixture.causes;
import static dev.berth.core.registry.Fixture.json;
import static dev.berth.core.registry.Fixture.rejected;
import static dev.berth.core.registry.Fixture.tree;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.model.Json;
import dev.berth.core.model.ResourceType;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.registry.DeleteOptions.Propagation;
import dev.berth.core.registry.Written.Effect;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.node.ObjectNode;

/** How objects go: at once, after their grace period, when nothing holds them any more. */
class DeletionTest {

  private final Fixture fixture = new Fixture();

  private Written delete(ResourceType type, DeleteOptions options) {
    return fixture.registry.delete(type, Fixture.namespace(type), "x", options);
  }

  private static DeleteOptions grace(long seconds) {
    return new DeleteOptions(seconds, null, null, null, false);
  }

  private static String meta(ObjectNode object, String member) {
    var value = object.at("/metadata/" + member);
    return value.isString() ? value.stringValue() : value.toString();
  }

  private void createPod(String nodeName, @Nullable String phase) {
    var pod = Samples.of(ResourceTypes.POD);
    if (!nodeName.isEmpty()) {
      pod.withObject("spec").put("nodeName", nodeName);
    }
    fixture.registry.create(ResourceTypes.POD, "default", pod, WriteOptions.DEFAULT);
    if (phase != null) {
      fixture.merge(
          ResourceTypes.POD, "x", Resources.STATUS, "{'status':{'phase':'" + phase + "'}}");
    }
  }

  @Test
  void finalizersHoldAnObject() {
    fixture.create(ResourceTypes.CLAIM, Samples.text(ResourceTypes.CLAIM));
    var written = fixture.delete(ResourceTypes.CLAIM, "x");
    assertThat(written.effect()).isEqualTo(Effect.DELETING);
    var claim = tree(written.object());
    assertThat(meta(claim, "deletionTimestamp")).isEqualTo("2026-03-01T12:00:00Z");
    assertThat(meta(claim, "deletionGracePeriodSeconds")).isEqualTo("0");
    assertThat(fixture.get(ResourceTypes.CLAIM, "x")).isEqualTo(claim);

    fixture.pass(Duration.ofMinutes(1));
    var again = fixture.delete(ResourceTypes.CLAIM, "x");
    assertThat(again.effect()).isEqualTo(Effect.DELETING);
    assertThat(again.object().revision()).isEqualTo(written.object().revision());

    var last = fixture.merge(ResourceTypes.CLAIM, "x", "{'metadata':{'finalizers':null}}");
    assertThat(last.effect()).isEqualTo(Effect.DELETED);
    assertThat(fixture.exists(ResourceTypes.CLAIM, "x")).isFalse();
  }

  @Test
  void anObjectOnItsWayOutGetsNoNewFinalizers() {
    fixture.create(ResourceTypes.CLAIM, Samples.text(ResourceTypes.CLAIM));
    fixture.delete(ResourceTypes.CLAIM, "x");
    var status =
        rejected(
            () ->
                fixture.merge(
                    ResourceTypes.CLAIM,
                    "x",
                    "{'metadata':{'finalizers':['kubernetes.io/pvc-protection','a.b/c']}}"));
    assertThat(status.message())
        .isEqualTo(
            "PersistentVolumeClaim \"x\" is invalid: metadata.finalizers: Forbidden: no new"
                + " finalizers can be added if the object is being deleted, found new finalizers"
                + " []string{\"a.b/c\"}");
    assertThat(causes(status)).containsExactly("metadata.finalizers: FieldValueForbidden");
  }

  @Test
  void removingAFinalizerThatIsNotTheLastKeepsTheObject() {
    fixture.create(ResourceTypes.CLAIM, Samples.text(ResourceTypes.CLAIM));
    fixture.merge(
        ResourceTypes.CLAIM,
        "x",
        "{'metadata':{'finalizers':['kubernetes.io/pvc-protection','a.b/c']}}");
    fixture.delete(ResourceTypes.CLAIM, "x");
    assertThat(
            fixture
                .merge(ResourceTypes.CLAIM, "x", "{'metadata':{'finalizers':['a.b/c']}}")
                .effect())
        .isEqualTo(Effect.CHANGED);
    assertThat(fixture.exists(ResourceTypes.CLAIM, "x")).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    // Nothing runs yet, or any more.
    "'', , DELETED",
    "n1, Succeeded, DELETED",
    "n1, Failed, DELETED",
    // The node has to stop it first.
    "n1, Pending, DELETING",
    "n1, Running, DELETING",
  })
  void aPodGoesAtOnceWhereNothingRuns(String node, @Nullable String phase, Effect effect) {
    createPod(node, phase);
    assertThat(fixture.delete(ResourceTypes.POD, "x").effect()).isEqualTo(effect);
  }

  @Test
  void aRunningPodHasTimeToStop() {
    createPod("n1", "Running");
    var pod = tree(fixture.delete(ResourceTypes.POD, "x").object());
    assertThat(meta(pod, "deletionTimestamp")).isEqualTo("2026-03-01T12:00:30Z");
    assertThat(meta(pod, "deletionGracePeriodSeconds")).isEqualTo("30");

    // Said again without a time, or with a longer one: nothing changes.
    fixture.pass(Duration.ofSeconds(5));
    assertThat(tree(fixture.delete(ResourceTypes.POD, "x").object())).isEqualTo(pod);
    assertThat(tree(delete(ResourceTypes.POD, grace(60)).object())).isEqualTo(pod);

    // A shorter one counts from the first deletion.
    var shorter = tree(delete(ResourceTypes.POD, grace(10)).object());
    assertThat(meta(shorter, "deletionTimestamp")).isEqualTo("2026-03-01T12:00:10Z");
    assertThat(meta(shorter, "deletionGracePeriodSeconds")).isEqualTo("10");

    assertThat(delete(ResourceTypes.POD, grace(0)).effect()).isEqualTo(Effect.DELETED);
    assertThat(fixture.exists(ResourceTypes.POD, "x")).isFalse();
  }

  @Test
  void aRunningPodIsNotTakenAwayBecauseItLosesItsLastFinalizer() {
    createPod("n1", "Running");
    fixture.merge(ResourceTypes.POD, "x", "{'metadata':{'finalizers':['a.b/c']}}");
    fixture.delete(ResourceTypes.POD, "x");
    var written = fixture.merge(ResourceTypes.POD, "x", "{'metadata':{'finalizers':null}}");
    assertThat(written.effect()).isEqualTo(Effect.CHANGED);
    assertThat(delete(ResourceTypes.POD, grace(0)).effect()).isEqualTo(Effect.DELETED);
  }

  @Test
  void aPodWithAFinalizerWaitsForItAlsoWithoutGrace() {
    createPod("n1", "Running");
    fixture.merge(ResourceTypes.POD, "x", "{'metadata':{'finalizers':['a.b/c']}}");
    assertThat(delete(ResourceTypes.POD, grace(0)).effect()).isEqualTo(Effect.DELETING);
    var written = fixture.merge(ResourceTypes.POD, "x", "{'metadata':{'finalizers':null}}");
    assertThat(written.effect()).isEqualTo(Effect.DELETED);
  }

  @Test
  void aPodThatWantsNoTimeStillWaitsForItsNode() {
    var pod = Samples.of(ResourceTypes.POD);
    pod.withObject("spec").put("nodeName", "n1").put("terminationGracePeriodSeconds", 0);
    fixture.registry.create(ResourceTypes.POD, "default", pod, WriteOptions.DEFAULT);
    var deleted = fixture.delete(ResourceTypes.POD, "x");
    assertThat(deleted.effect()).isEqualTo(Effect.DELETING);
    assertThat(meta(tree(deleted.object()), "deletionGracePeriodSeconds")).isEqualTo("1");
  }

  @Test
  void preconditions() {
    var lease = fixture.created(ResourceTypes.LEASE, Samples.text(ResourceTypes.LEASE));
    var uid = meta(lease, "uid");
    var version = meta(lease, "resourceVersion");
    var wrongUid =
        rejected(
            () -> delete(ResourceTypes.LEASE, new DeleteOptions(null, "1-2", null, null, false)));
    assertThat(wrongUid.code()).isEqualTo(409);
    assertThat(wrongUid.message())
        .isEqualTo(
            "Operation cannot be fulfilled on leases.coordination.k8s.io \"x\": Precondition failed:"
                + " UID in precondition: 1-2, UID in object meta: "
                + uid);
    var wrongVersion =
        rejected(() -> delete(ResourceTypes.LEASE, new DeleteOptions(null, uid, "1", null, false)));
    assertThat(wrongVersion.code()).isEqualTo(409);
    assertThat(wrongVersion.message())
        .contains("the ResourceVersion in the precondition (1) does not match");
    assertThat(
            delete(ResourceTypes.LEASE, new DeleteOptions(null, uid, version, null, false))
                .effect())
        .isEqualTo(Effect.DELETED);
  }

  @ParameterizedTest
  @CsvSource({
    "FOREGROUND, foregroundDeletion",
    "ORPHAN, orphan",
  })
  void whatBecomesOfWhatItOwnsIsNotedAsAFinalizer(Propagation propagation, String finalizer) {
    fixture.create(ResourceTypes.LEASE, Samples.text(ResourceTypes.LEASE));
    var options = new DeleteOptions(null, null, null, propagation, false);
    var written = delete(ResourceTypes.LEASE, options);
    assertThat(written.effect()).isEqualTo(Effect.DELETING);
    assertThat(tree(written.object()).at("/metadata/finalizers").toString())
        .isEqualTo("[\"" + finalizer + "\"]");
    // Said again in no particular way: as before.
    assertThat(fixture.delete(ResourceTypes.LEASE, "x").effect()).isEqualTo(Effect.DELETING);
    // The background needs no finalizer.
    var background = new DeleteOptions(null, null, null, Propagation.BACKGROUND, false);
    assertThat(delete(ResourceTypes.LEASE, background).effect()).isEqualTo(Effect.DELETED);
  }

  @Test
  void aDryRunDeletesNothing() {
    fixture.create(ResourceTypes.LEASE, Samples.text(ResourceTypes.LEASE));
    var revision = fixture.store.revision();
    var dry = new DeleteOptions(null, null, null, null, true);
    assertThat(delete(ResourceTypes.LEASE, dry).effect()).isEqualTo(Effect.DELETED);
    assertThat(fixture.store.revision()).isEqualTo(revision);
  }

  @Test
  void aNamespaceGoesWhenItIsFinalised() {
    fixture.create(ResourceTypes.NAMESPACE, Samples.text(ResourceTypes.NAMESPACE));
    var written = fixture.delete(ResourceTypes.NAMESPACE, "x");
    assertThat(written.effect()).isEqualTo(Effect.DELETING);
    assertThat(Json.text(tree(written.object()), "status", "phase")).isEqualTo("Terminating");

    var status =
        rejected(
            () ->
                fixture.registry.create(
                    ResourceTypes.LEASE,
                    "x",
                    json("{'metadata':{'name':'l'}}"),
                    WriteOptions.DEFAULT));
    assertThat(status.code()).isEqualTo(403);
    assertThat(status.reason()).isEqualTo("Forbidden");
    assertThat(status.message())
        .isEqualTo(
            "leases.coordination.k8s.io \"l\" is forbidden: unable to create new content in"
                + " namespace x because it is being terminated");
    assertThat(causes(status)).containsExactly("metadata.namespace: NamespaceTerminating");

    // Neither the object itself nor its status can take the finalizer away.
    fixture.merge(ResourceTypes.NAMESPACE, "x", "{'spec':{'finalizers':[]}}");
    fixture.merge(ResourceTypes.NAMESPACE, "x", Resources.STATUS, "{'spec':{'finalizers':[]}}");
    assertThat(fixture.exists(ResourceTypes.NAMESPACE, "x")).isTrue();

    var namespace = fixture.get(ResourceTypes.NAMESPACE, "x");
    namespace.withObject("spec").putArray("finalizers");
    assertThat(fixture.replace(ResourceTypes.NAMESPACE, "finalize", namespace).effect())
        .isEqualTo(Effect.DELETED);
    assertThat(fixture.exists(ResourceTypes.NAMESPACE, "x")).isFalse();
  }

  @Test
  void namespacesOfTheSystemStay() {
    var status = rejected(() -> fixture.delete(ResourceTypes.NAMESPACE, "default"));
    assertThat(status.code()).isEqualTo(403);
    assertThat(status.message())
        .isEqualTo("namespaces \"default\" is forbidden: this namespace may not be deleted");
  }

  @Test
  void whatIsNotThereCannotBeDeleted() {
    assertThat(rejected(() -> fixture.delete(ResourceTypes.VOLUME, "x")).code()).isEqualTo(404);
  }

  private ResourcePage deleteCollection(ListOptions options, DeleteOptions deletion) {
    return fixture.registry.deleteCollection(ResourceTypes.LEASE, "default", options, deletion);
  }

  private static String label(int i) {
    return "{'metadata':{'name':'l%03d','labels':{'odd':'%b'}}}".formatted(i, i % 2 == 1);
  }

  @Test
  void aCollectionGoesByItsSelectors() {
    for (var i = 0; i < 150; i++) {
      fixture.create(ResourceTypes.LEASE, label(i));
    }
    var revision = fixture.store.revision();
    var odd = new ListOptions("odd=true", null, 0, null, null, null);
    var dry = deleteCollection(odd, new DeleteOptions(null, null, null, null, true));
    assertThat(dry.objects()).hasSize(75);
    assertThat(fixture.store.revision()).isEqualTo(revision);
    assertThat(deleteCollection(odd, DeleteOptions.DEFAULT).objects()).hasSize(75);
    assertThat(fixture.names(ResourceTypes.LEASE, ListOptions.ALL))
        .hasSize(75)
        .contains("l000", "l148")
        .doesNotContain("l001");
    var one = new ListOptions(null, "metadata.name=l148", 0, null, null, null);
    assertThat(Fixture.names(deleteCollection(one, DeleteOptions.DEFAULT))).containsExactly("l148");
    assertThat(
            rejected(
                    () ->
                        deleteCollection(
                            new ListOptions(null, "spec.x=1", 0, null, null, null),
                            DeleteOptions.DEFAULT))
                .code())
        .isEqualTo(400);
  }

  @Test
  void aCollectionIsDeletedPageByPageOfOneSnapshot() {
    for (var i = 0; i < 5; i++) {
      fixture.create(ResourceTypes.LEASE, label(i));
    }
    var first =
        deleteCollection(new ListOptions(null, null, 2, null, null, null), DeleteOptions.DEFAULT);
    assertThat(Fixture.names(first)).containsExactly("l000", "l001");
    assertThat(first.remaining()).isEqualTo(3);
    fixture.create(ResourceTypes.LEASE, "{'metadata':{'name':'l9'}}");
    // One that was made anew is not the one that was listed.
    fixture.delete(ResourceTypes.LEASE, "l003");
    fixture.create(ResourceTypes.LEASE, label(3));
    fixture.merge(ResourceTypes.LEASE, "l004", "{'spec':{'leaseTransitions':1}}");
    var rest = new ListOptions(null, null, 0, first.continueToken(), null, null);
    assertThat(Fixture.names(deleteCollection(rest, DeleteOptions.DEFAULT)))
        .containsExactly("l002", "l004");
    assertThat(fixture.names(ResourceTypes.LEASE, ListOptions.ALL)).containsExactly("l003", "l9");
  }

  @Test
  void aCollectionWithFinalizersIsOnlyMarked() {
    fixture.create(ResourceTypes.CLAIM, Samples.text(ResourceTypes.CLAIM));
    var page =
        fixture.registry.deleteCollection(
            ResourceTypes.CLAIM, "default", ListOptions.ALL, DeleteOptions.DEFAULT);
    assertThat(meta(tree(page.objects().getFirst()), "deletionTimestamp"))
        .isEqualTo("2026-03-01T12:00:00Z");
    assertThat(fixture.exists(ResourceTypes.CLAIM, "x")).isTrue();
  }

  @Test
  void aNegativeGracePeriodIsRefused() {
    createPod("n1", "Running");
    var status = rejected(() -> delete(ResourceTypes.POD, grace(-5)));
    assertThat(status.code()).isEqualTo(422);
    assertThat(status.message())
        .isEqualTo(
            "DeleteOptions.meta.k8s.io \"\" is invalid: gracePeriodSeconds: Invalid value: -5: must"
                + " be greater than or equal to 0; leave it out for the pod's own grace period");
    assertThat(
            fixture.get(ResourceTypes.POD, "x").at("/metadata/deletionTimestamp").isMissingNode())
        .isTrue();
  }
}
