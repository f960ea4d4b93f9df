package dev.berth.core.registry;

import static dev.berth.core.registry.Fixture.json;
import static dev.berth.core.registry.Fixture.rejected;
import static dev.berth.core.registry.Fixture.tree;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.berth.core.model.Json;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.observe.Meters;
import dev.berth.core.registry.Written.Effect;
import dev.berth.core.storage.Expectation;
import dev.berth.core.storage.InMemoryObjectStore;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.StoreException;
import dev.berth.core.storage.Transaction;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Names, namespaces, versions: what a write must say and what it may leave to the registry. */
class WriteTest {

  private final Fixture fixture = new Fixture();
  private static final WriteOptions DRY =
      new WriteOptions(true, null, WriteOptions.FieldValidation.WARN);

  @Test
  void aGeneratedNameIsThePrefixAndFiveCharacters() {
    var lease = fixture.created(ResourceTypes.LEASE, "{'metadata':{'generateName':'hold-'}}");
    assertThat(Json.text(lease, "metadata", "name")).matches("hold-[bcdfghjklmnpqrstvwxz2-9]{5}");
    assertThat(Json.text(lease, "metadata", "generateName")).isEqualTo("hold-");
    var prefix = "a".repeat(80);
    var cut =
        fixture.created(ResourceTypes.LEASE, "{'metadata':{'generateName':'" + prefix + "'}}");
    assertThat(Json.text(cut, "metadata", "name")).matches("a{58}[a-z0-9]{5}");
  }

  @Test
  void aGeneratedNameThatIsTakenIsGeneratedAgain() {
    // Two registries with the same randomness: the second one meets the first one's names.
    var store = new InMemoryObjectStore();
    new Fixture(store).create(ResourceTypes.LEASE, "{'metadata':{'generateName':'a-'}}");
    var other = new Registry(store, fixture::now, new Random(7), Meters.none());
    Bootstrap.ensure(other);
    var names = new HashSet<String>();
    for (var i = 0; i < 3; i++) {
      var written =
          other.create(
              ResourceTypes.LEASE,
              "default",
              json("{'metadata':{'generateName':'a-'}}"),
              WriteOptions.DEFAULT);
      names.add(written.object().key().name());
    }
    assertThat(names).hasSize(3);
  }

  @Test
  void thePathAndTheObjectMustAgree() {
    var otherNamespace =
        rejected(
            () ->
                fixture.create(
                    ResourceTypes.LEASE, "{'metadata':{'name':'a','namespace':'other'}}"));
    assertThat(otherNamespace.code()).isEqualTo(400);
    assertThat(otherNamespace.message())
        .startsWith(
            "the namespace of the provided object does not match the namespace sent on the"
                + " request");
    fixture.create(ResourceTypes.LEASE, "{'metadata':{'name':'a'}}");
    var otherName =
        rejected(() -> fixture.merge(ResourceTypes.LEASE, "a", "{'metadata':{'name':'b'}}"));
    assertThat(otherName.code()).isEqualTo(400);
    assertThat(otherName.message())
        .isEqualTo("the name of the object (b) does not match the name on the URL (a)");
    var otherVersion =
        rejected(() -> fixture.create(ResourceTypes.LEASE, "{'apiVersion':'v1','kind':'Lease'}"));
    assertThat(otherVersion.message())
        .isEqualTo(
            "the API version in the data (v1) does not match the expected API version"
                + " (coordination.k8s.io/v1)");
    assertThat(
            rejected(
                    () ->
                        fixture.create(
                            ResourceTypes.NODE, "{'metadata':{'name':'n','namespace':'default'}}"))
                .code())
        .isEqualTo(400);
  }

  @Test
  void aNamespaceMustExist() {
    var status =
        rejected(
            () ->
                fixture.registry.create(
                    ResourceTypes.LEASE,
                    "nowhere",
                    json("{'metadata':{'name':'a'}}"),
                    WriteOptions.DEFAULT));
    assertThat(status.code()).isEqualTo(404);
    assertThat(status.message()).isEqualTo("namespaces \"nowhere\" not found");
    assertThat(Fixture.details(status).kind()).isEqualTo("namespaces");
  }

  @Test
  void nothingIsCreatedInANamespaceThatBeginsToGoMeanwhile() {
    fixture.create(ResourceTypes.NAMESPACE, "{'metadata':{'name':'x'}}");
    // The namespace is deleted after the registry looked at it and before the store commits.
    var racing = new RacingStore(fixture.store);
    var registry = new Registry(racing, fixture::now, new Random(1), Meters.none());
    racing.beforeNextCommit(() -> fixture.delete(ResourceTypes.NAMESPACE, "x"));
    var status =
        rejected(
            () ->
                registry.create(
                    ResourceTypes.LEASE,
                    "x",
                    json("{'metadata':{'name':'a'}}"),
                    WriteOptions.DEFAULT));
    assertThat(status.code()).isEqualTo(403);
    assertThat(fixture.registry.list(ResourceTypes.LEASE, "x", ListOptions.ALL).objects())
        .isEmpty();
  }

  @Test
  void aNewObjectHasNoVersionYet() {
    var status =
        rejected(
            () ->
                fixture.create(
                    ResourceTypes.LEASE, "{'metadata':{'name':'a','resourceVersion':'5'}}"));
    assertThat(status.message())
        .isEqualTo("resourceVersion should not be set on objects to be created");
  }

  @Test
  void aReplacementWithoutAVersionIsForWhateverIsThereExceptOfALease() {
    var pod = fixture.created(ResourceTypes.POD, Samples.text(ResourceTypes.POD));
    pod.withObject("metadata").remove("resourceVersion");
    pod.withObject("metadata").putObject("labels").put("a", "b");
    assertThat(fixture.replace(ResourceTypes.POD, "", pod).effect()).isEqualTo(Effect.CHANGED);

    fixture.create(ResourceTypes.LEASE, Samples.text(ResourceTypes.LEASE));
    var status =
        rejected(() -> fixture.replace(ResourceTypes.LEASE, "", Samples.of(ResourceTypes.LEASE)));
    assertThat(status.code()).isEqualTo(422);
    assertThat(status.message())
        .isEqualTo(
            "Lease.coordination.k8s.io \"x\" is invalid: metadata.resourceVersion: Invalid value:"
                + " 0x0: must be specified for an update");
  }

  @Test
  void replacingWhatIsNotThereCreatesALeaseAndNothingElse() {
    assertThat(fixture.replace(ResourceTypes.LEASE, "", Samples.of(ResourceTypes.LEASE)).effect())
        .isEqualTo(Effect.CREATED);
    assertThat(
            rejected(() -> fixture.replace(ResourceTypes.POD, "", Samples.of(ResourceTypes.POD)))
                .code())
        .isEqualTo(404);
  }

  @Test
  void aReplacementOfAnotherObjectOfThatNameIsAConflict() {
    var lease = fixture.created(ResourceTypes.LEASE, Samples.text(ResourceTypes.LEASE));
    lease.withObject("metadata").put("uid", "1-2-3");
    var status = rejected(() -> fixture.replace(ResourceTypes.LEASE, "", lease));
    assertThat(status.code()).isEqualTo(409);
    assertThat(status.message()).contains("Precondition failed: UID in precondition: 1-2-3");
  }

  @Test
  void aPatchForAnOldVersionIsAConflict() {
    fixture.create(ResourceTypes.LEASE, Samples.text(ResourceTypes.LEASE));
    var status =
        rejected(
            () ->
                fixture.merge(
                    ResourceTypes.LEASE,
                    "x",
                    "{'metadata':{'resourceVersion':'1'},'spec':{'leaseTransitions':1}}"));
    assertThat(status.code()).isEqualTo(409);
    assertThat(status.reason()).isEqualTo("Conflict");
    var nonsense =
        rejected(
            () ->
                fixture.merge(ResourceTypes.LEASE, "x", "{'metadata':{'resourceVersion':'new'}}"));
    assertThat(nonsense.code()).isEqualTo(400);
    var number =
        rejected(
            () -> fixture.merge(ResourceTypes.LEASE, "x", "{'metadata':{'resourceVersion':1}}"));
    assertThat(number.code()).isEqualTo(400);
  }

  @Test
  void aPatchWithoutAVersionIsAppliedAgainWhenSomebodyWasFaster() {
    fixture.create(ResourceTypes.LEASE, Samples.text(ResourceTypes.LEASE));
    var racing = new RacingStore(fixture.store);
    var registry = new Registry(racing, fixture::now, new Random(1), Meters.none());
    racing.beforeNextCommit(
        () -> fixture.merge(ResourceTypes.LEASE, "x", "{'metadata':{'labels':{'a':'1'}}}"));
    registry.patch(
        ResourceTypes.LEASE,
        "default",
        "x",
        Resources.OBJECT,
        new Patch.MergePatch(json("{'metadata':{'labels':{'b':'2'}}}")),
        WriteOptions.DEFAULT);
    assertThat(fixture.get(ResourceTypes.LEASE, "x").at("/metadata/labels"))
        .isEqualTo(json("{'a':'1','b':'2'}"));
  }

  @Test
  void aDryRunAnswersAndStoresNothing() {
    var revision = fixture.store.revision();
    var written =
        fixture.registry.create(
            ResourceTypes.CLAIM, "default", Samples.of(ResourceTypes.CLAIM), DRY);
    assertThat(written.effect()).isEqualTo(Effect.CREATED);
    assertThat(Json.text(tree(written.object()), "spec", "volumeMode")).isEqualTo("Filesystem");
    assertThat(tree(written.object()).at("/metadata/resourceVersion").isMissingNode()).isTrue();
    assertThat(fixture.store.revision()).isEqualTo(revision);

    fixture.create(ResourceTypes.CLAIM, Samples.text(ResourceTypes.CLAIM));
    assertThat(
            rejected(
                    () ->
                        fixture.registry.create(
                            ResourceTypes.CLAIM, "default", Samples.of(ResourceTypes.CLAIM), DRY))
                .reason())
        .isEqualTo("AlreadyExists");
    var present = fixture.get(ResourceTypes.CLAIM, "x");
    var patched =
        fixture.registry.patch(
            ResourceTypes.CLAIM,
            "default",
            "x",
            Resources.OBJECT,
            new Patch.MergePatch(json("{'metadata':{'labels':{'a':'b'}}}")),
            DRY);
    assertThat(tree(patched.object()).at("/metadata/labels/a").stringValue()).isEqualTo("b");
    assertThat(fixture.get(ResourceTypes.CLAIM, "x")).isEqualTo(present);
  }

  @Test
  void whoReportsAStatusNeedNotRepairWhatOlderRulesLetIn() {
    var old =
        json(
            """
            {'apiVersion':'v1','kind':'PersistentVolume',
             'metadata':{'name':'v','uid':'1','finalizers':['a.b/c']},
             'spec':{'capacity':{'storage':'1Gi'},'accessModes':['ReadWriteOnce'],
              'local':{'path':'relative'},'volumeMode':'Filesystem',
              'persistentVolumeReclaimPolicy':'Retain'},'status':{'phase':'Pending'}}
            """);
    fixture
        .store
        .commit(
            Transaction.of(
                new Transaction.Put(
                    new ObjectKey("persistentvolumes", "", "v"),
                    Expectation.absent(),
                    Json.write(old))))
        .join();
    fixture.merge(ResourceTypes.VOLUME, "v", Resources.STATUS, "{'status':{'phase':'Available'}}");
    fixture.merge(ResourceTypes.VOLUME, "v", "{'metadata':{'finalizers':null}}");
    var worse =
        rejected(() -> fixture.merge(ResourceTypes.VOLUME, "v", "{'spec':{'accessModes':['X']}}"));
    assertThat(Fixture.causes(worse)).containsExactly("spec.accessModes: FieldValueNotSupported");
  }

  @Test
  void namesThatNoKeyCanHold() {
    for (var name : List.of("", "a\0b")) {
      assertThat(rejected(() -> fixture.registry.get(ResourceTypes.LEASE, "default", name)).code())
          .isEqualTo(400);
      assertThat(rejected(() -> fixture.registry.get(ResourceTypes.LEASE, name, "a")).code())
          .isEqualTo(400);
      assertThat(
              rejected(
                      () ->
                          fixture.registry.create(
                              ResourceTypes.LEASE,
                              name,
                              Samples.of(ResourceTypes.LEASE),
                              WriteOptions.DEFAULT))
                  .code())
          .isEqualTo(400);
      var fields = "metadata.name=" + name + ",metadata.namespace=" + name;
      assertThat(
              fixture
                  .registry
                  .list(
                      ResourceTypes.LEASE, null, new ListOptions(null, fields, 0, null, null, null))
                  .objects())
          .isEmpty();
    }
    var named = Samples.of(ResourceTypes.LEASE);
    named.withObject("metadata").put("name", "a\0b");
    assertThat(
            rejected(
                    () ->
                        fixture.registry.create(
                            ResourceTypes.LEASE, "default", named, WriteOptions.DEFAULT))
                .code())
        .isEqualTo(422);
  }

  @Test
  void whenTheStoreCannotWriteTheCallerLearnsIt() {
    var registry =
        new Registry(
            new RacingStore(fixture.store) {
              @Override
              void beforeCommit() {
                throw new StoreException.Unavailable("the disk is full", null);
              }
            },
            fixture::now,
            new Random(1),
            Meters.none());
    assertThatThrownBy(
            () ->
                registry.create(
                    ResourceTypes.LEASE,
                    "default",
                    Samples.of(ResourceTypes.LEASE),
                    WriteOptions.DEFAULT))
        .isInstanceOf(StoreException.Unavailable.class)
        .hasMessage("the disk is full");
  }

  @Test
  void bootstrapMakesWhatIsMissing() {
    Bootstrap.ensure(fixture.registry);
    assertThat(Fixture.names(fixture.registry.list(ResourceTypes.NAMESPACE, null, ListOptions.ALL)))
        .containsExactlyInAnyOrder("default", "kube-system", "kube-node-lease");
  }
}
