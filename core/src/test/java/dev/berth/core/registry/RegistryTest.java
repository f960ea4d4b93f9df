package dev.berth.core.registry;

import static dev.berth.core.registry.Fixture.json;
import static dev.berth.core.registry.Fixture.rejected;
import static dev.berth.core.registry.Fixture.text;
import static dev.berth.core.registry.Fixture.tree;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.model.ResourceTypes;
import dev.berth.core.registry.Written.Effect;
import org.junit.jupiter.api.Test;

/** What may happen to any object, whatever its kind. */
class RegistryTest {

  private final Fixture fixture = new Fixture();

  private static String lease(String name) {
    return "{'metadata':{'name':'" + name + "'},'spec':{'holderIdentity':'n1'},'extra':1.50}";
  }

  @Test
  void aNewObjectGetsItsIdentityAndKeepsWhatIsUnknown() {
    var written = fixture.create(ResourceTypes.LEASE, lease("a"));
    var object = tree(written.object());
    assertThat(written.effect()).isEqualTo(Effect.CREATED);
    assertThat(object.propertyNames())
        .containsExactly("apiVersion", "kind", "metadata", "spec", "extra");
    assertThat(text(object, "apiVersion")).isEqualTo("coordination.k8s.io/v1");
    assertThat(text(object, "metadata", "namespace")).isEqualTo("default");
    assertThat(text(object, "metadata", "creationTimestamp")).isEqualTo("2026-03-01T12:00:00Z");
    assertThat(text(object, "metadata", "uid"))
        .matches("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
    assertThat(object.path("extra").toString()).isEqualTo("1.50");
    assertThat(fixture.get(ResourceTypes.LEASE, "a")).isEqualTo(object);
  }

  @Test
  void aMissingObjectIsNotFound() {
    var status = rejected(() -> fixture.get(ResourceTypes.CLASS, "nope"));
    assertThat(status.code()).isEqualTo(404);
    assertThat(status.reason()).isEqualTo("NotFound");
    assertThat(status.message()).isEqualTo("storageclasses.storage.k8s.io \"nope\" not found");
    assertThat(Fixture.details(status).group()).isEqualTo("storage.k8s.io");
    assertThat(Fixture.details(status).kind()).isEqualTo("storageclasses");
    assertThat(Fixture.details(status).name()).isEqualTo("nope");
  }

  @Test
  void aNameIsTakenOnce() {
    fixture.create(ResourceTypes.LEASE, lease("a"));
    var status = rejected(() -> fixture.create(ResourceTypes.LEASE, lease("a")));
    assertThat(status.code()).isEqualTo(409);
    assertThat(status.reason()).isEqualTo("AlreadyExists");
    assertThat(status.message()).isEqualTo("leases.coordination.k8s.io \"a\" already exists");
  }

  @Test
  void aWriteThatChangesNothingKeepsTheVersion() {
    var before = fixture.create(ResourceTypes.LEASE, lease("a")).object();
    var written = fixture.replace(ResourceTypes.LEASE, "", tree(before));
    assertThat(written.effect()).isEqualTo(Effect.UNCHANGED);
    assertThat(written.object().revision()).isEqualTo(before.revision());
  }

  @Test
  void aStaleVersionIsAConflict() {
    var stale = fixture.created(ResourceTypes.LEASE, lease("a"));
    fixture.merge(ResourceTypes.LEASE, "a", "{'spec':{'holderIdentity':'n2'}}");
    var status = rejected(() -> fixture.replace(ResourceTypes.LEASE, "", stale));
    assertThat(status.code()).isEqualTo(409);
    assertThat(status.reason()).isEqualTo("Conflict");
    assertThat(status.message())
        .isEqualTo(
            "Operation cannot be fulfilled on leases.coordination.k8s.io \"a\": the object has been"
                + " modified; please apply your changes to the latest version and try again");
  }

  @Test
  void anObjectWithoutFinalizersGoesAtOnce() {
    fixture.create(ResourceTypes.LEASE, lease("a"));
    assertThat(fixture.delete(ResourceTypes.LEASE, "a").effect()).isEqualTo(Effect.DELETED);
    assertThat(fixture.exists(ResourceTypes.LEASE, "a")).isFalse();
  }

  @Test
  void aListIsReadInPagesOfOneSnapshot() {
    for (var name : new String[] {"a", "b", "c", "d", "e"}) {
      fixture.create(ResourceTypes.LEASE, lease(name));
    }
    var first =
        fixture.registry.list(
            ResourceTypes.LEASE, "default", new ListOptions(null, null, 2, null, null, null));
    assertThat(Fixture.names(first)).containsExactly("a", "b");
    assertThat(first.remaining()).isEqualTo(3);
    fixture.delete(ResourceTypes.LEASE, "c");
    var second =
        fixture.registry.list(
            ResourceTypes.LEASE,
            "default",
            new ListOptions(null, null, 2, first.continueToken(), null, null));
    assertThat(Fixture.names(second)).containsExactly("c", "d");
    assertThat(second.remaining()).isEqualTo(1);
    assertThat(second.revision()).isEqualTo(first.revision());
    var third =
        fixture.registry.list(
            ResourceTypes.LEASE,
            "default",
            new ListOptions(null, null, 2, second.continueToken(), null, null));
    assertThat(Fixture.names(third)).containsExactly("e");
    assertThat(third.continueToken()).isNull();
    assertThat(third.remaining()).isNull();
  }

  @Test
  void objectsOfAnotherKindAreNotTaken() {
    var status =
        rejected(() -> fixture.create(ResourceTypes.LEASE, "{'kind':'Pod','metadata':{}}"));
    assertThat(status.code()).isEqualTo(400);
    assertThat(json("{}").isEmpty()).isTrue();
  }
}
