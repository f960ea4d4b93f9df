package dev.berth.core.registry.rules;

import dev.berth.core.model.Json;
import dev.berth.core.model.PersistentVolumeClaim;
import java.util.Set;
import java.util.regex.Pattern;
import tools.jackson.databind.node.ObjectNode;

/** Claims for storage. */
final class ClaimRules extends KindRules {

  /** Claim and volume of each member, their pod and the epoch fit into one transaction. */
  private static final Pattern GROUP_SIZE = Pattern.compile("[1-9]|[12][0-9]|3[01]");

  static final String FINALIZER = "kubernetes.io/pvc-protection";

  @Override
  public void setDefaults(ObjectNode object) {
    if (object.get("spec") instanceof ObjectNode spec) {
      setSpecDefaults(spec);
    }
    Defaults.put(object.withObject("status"), "phase", "Pending");
  }

  static void setSpecDefaults(ObjectNode spec) {
    Defaults.put(spec, "volumeMode", "Filesystem");
  }

  @Override
  public void begin(ObjectNode object) {
    object.set("status", Json.object().put("phase", "Pending"));
    Defaults.addToSet(object.withObject("metadata"), "finalizers", FINALIZER);
  }

  @Override
  public void validate(Field object, Problems problems) {
    Checks.keepTime(object, problems);
    checkCompany(object.at("metadata", "annotations"), problems);
    checkSpec(object.child("spec"), problems);
    Checks.notNegativeQuantities(object.at("status", "capacity"), problems);
  }

  /** Which claims get their volumes together with this one, and which apart from it. */
  private static void checkCompany(Field annotations, Problems problems) {
    var size = annotations.key(PersistentVolumeClaim.VOLUME_GROUP_SIZE);
    var group = annotations.key(PersistentVolumeClaim.VOLUME_GROUP);
    if (group.text().isEmpty() && (group.present() || size.present())) {
      problems.required(group, "which volume group the claim is of");
    }
    if (group.present() && size.absent()) {
      problems.required(size, "how many claims the volume group has");
    } else if (size.present() && !GROUP_SIZE.matcher(size.text()).matches()) {
      problems.invalid(size, size.text(), "must be the number of the group's claims, from 1 to 31");
    }
    var topology = annotations.key(PersistentVolumeClaim.VOLUME_SPREAD_TOPOLOGY);
    var spread = annotations.key(PersistentVolumeClaim.VOLUME_SPREAD);
    if (spread.text().isEmpty() && (spread.present() || topology.present())) {
      problems.required(spread, "which claims have to be apart by that label of nodes");
    }
    if (topology.present()) {
      MetadataRules.checkQualifiedName(topology, topology.text(), problems);
    }
  }

  /** Of a claim, or of the template of one. */
  static void checkSpec(Field spec, Problems problems) {
    AccessModes.check(spec.child("accessModes"), "at least 1 access mode is required", problems);
    if (spec.child("selector").present()) {
      SelectorRules.checkLabelSelector(spec.child("selector"), problems);
    }
    var storage = spec.at("resources", "requests", "storage");
    var named = spec.child("resources").key("storage");
    if (storage.absent()) {
      problems.required(named, "");
    } else if (Checks.quantity(storage).signum() <= 0) {
      problems.invalid(named, storage.text(), "must be greater than zero");
    }
    Checks.subdomain(spec.child("storageClassName"), problems);
    Checks.oneOf(spec.child("volumeMode"), Set.of("Block", "Filesystem"), problems);
    var source = spec.child("dataSource");
    if (source.present()) {
      Checks.required(source.child("kind"), problems);
      Checks.required(source.child("name"), problems);
    }
  }

  @Override
  public void validateChange(String subresource, Field old, Field updated, Problems problems) {
    var before = spec(old);
    var after = spec(updated);
    if (Json.text(before, "volumeName").isEmpty()) {
      before.remove("volumeName");
      after.remove("volumeName");
    }
    var bound = old.at("status", "phase").text().equals("Bound");
    if (bound) {
      before.withObject("resources").withObject("requests").remove("storage");
      after.withObject("resources").withObject("requests").remove("storage");
    }
    if (!before.equals(after)) {
      problems.forbidden(
          updated.child("spec"),
          "spec is immutable after creation except resources.requests for bound claims"
              + Differences.between(before, after, "spec"));
    } else if (bound) {
      var storage = updated.at("spec", "resources", "requests", "storage");
      var previous = old.at("spec", "resources", "requests", "storage");
      if (Checks.quantity(storage).compareTo(Checks.quantity(previous)) < 0) {
        checkLess(storage, previous, old.at("status", "capacity", "storage"), problems);
      }
    }
  }

  /**
   * An expansion that has not come to its end may be asked for with less, or nearly be given up.
   */
  private static void checkLess(Field storage, Field previous, Field has, Problems problems) {
    var unfinished = has.present() && Checks.quantity(has).compareTo(Checks.quantity(previous)) < 0;
    if (!unfinished) {
      problems.forbidden(storage, "field can not be less than previous value");
    } else if (Checks.quantity(storage).compareTo(Checks.quantity(has)) <= 0) {
      problems.forbidden(
          storage, "must be more than status.capacity, %s, which it has".formatted(has.text()));
    }
  }

  private static ObjectNode spec(Field claim) {
    return claim.child("spec").value() instanceof ObjectNode spec ? spec.deepCopy() : Json.object();
  }
}
