package dev.berth.core.registry.rules;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.berth.core.model.FormatOption;
import dev.berth.core.model.StorageClass;
import dev.berth.core.model.WipeMethod;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/** Storage classes. */
final class ClassRules extends KindRules {

  /** Parameter: the file system of volumes that are made for claims, as for other drivers. */
  private static final String FS_TYPE = "csi.storage.k8s.io/fstype";

  /** How names of parameters begin that are only ours. */
  private static final String OWN = "berth.dev/";

  private static final int MOST_PARAMETERS = 512;
  private static final int MOST_PARAMETER_BYTES = 256 * 1024;

  @Override
  public void setDefaults(ObjectNode object) {
    Defaults.put(object, "reclaimPolicy", "Delete");
    Defaults.put(object, "volumeBindingMode", "Immediate");
  }

  @Override
  public void validate(Field object, Problems problems) {
    var provisioner = object.child("provisioner");
    checkProvisioner(provisioner, problems);
    if (StorageClass.isBerths(provisioner.text())
        && !provisioner.text().equals(VolumeSources.LOOP_DRIVER)) {
      problems.invalid(
          provisioner,
          ("Berth has no such provisioner: it makes images in pools of nodes (%s); for disks use %s"
                  + " and create a PersistentVolume for each (berth disks shows them)")
              .formatted(VolumeSources.LOOP_DRIVER, StorageClass.NO_PROVISIONER));
    }
    Checks.keepTime(object, problems);
    Checks.oneOf(object.child("parameters").key(WipeMethod.PARAMETER), WipeMethod.WORDS, problems);
    checkParameters(object.child("parameters"), problems);
    checkKnown(object.child("parameters"), provisioner.text(), problems);
    if (provisioner.text().equals(VolumeSources.LOOP_DRIVER)) {
      checkLoopParameters(object.child("parameters"), problems);
    }
    Checks.mountOptions(object.child("mountOptions"), problems);
    Checks.oneOf(object.child("reclaimPolicy"), Set.of("Delete", "Retain"), problems);
    Checks.oneOf(
        object.child("volumeBindingMode"), Set.of("Immediate", "WaitForFirstConsumer"), problems);
    for (var term : object.child("allowedTopologies").items()) {
      checkTopology(term, problems);
    }
  }

  /** The name of whoever makes volumes. */
  static void checkProvisioner(Field provisioner, Problems problems) {
    if (Checks.required(provisioner, problems)) {
      MetadataRules.checkQualifiedName(
          provisioner, provisioner.text().toLowerCase(Locale.ROOT), problems);
    }
  }

  static void checkParameters(Field parameters, Problems problems) {
    if (parameters.value().size() > MOST_PARAMETERS) {
      problems.tooLong(parameters, MOST_PARAMETERS);
    }
    var bytes = 0;
    for (var parameter : parameters.entries()) {
      if (parameter.name().isEmpty()) {
        problems.invalid(parameters, "", "field can not be empty.");
      }
      bytes += parameter.name().length() + parameter.text().getBytes(UTF_8).length;
    }
    if (bytes > MOST_PARAMETER_BYTES) {
      problems.tooLong(parameters, MOST_PARAMETER_BYTES);
    }
    checkFormat(parameters, problems);
  }

  /** How file systems are made. */
  private static void checkFormat(Field parameters, Problems problems) {
    var texts = new HashMap<String, String>();
    parameters.entries().forEach(parameter -> texts.put(parameter.name(), parameter.text()));
    for (var mistake : FormatOption.mistakes(texts)) {
      problems.invalid(parameters.key(mistake.parameter()), mistake.why());
    }
  }

  private static void checkLoopParameters(Field parameters, Problems problems) {
    VolumeSources.checkFsType(parameters.key(FS_TYPE), problems);
    VolumeSources.checkPool(parameters.key(VolumeSources.POOL), problems);
    if (parameters.key(WipeMethod.PARAMETER).present()) {
      problems.forbidden(
          parameters.key(WipeMethod.PARAMETER),
          "the image of a loop volume is removed with the volume, not wiped");
    }
  }

  /** What nobody reads would be passed over in silence. */
  private static void checkKnown(Field parameters, String provisioner, Problems problems) {
    var loop = provisioner.equals(VolumeSources.LOOP_DRIVER);
    var known = loop ? List.of(VolumeSources.POOL, FS_TYPE) : List.of(WipeMethod.PARAMETER);
    for (var parameter : parameters.entries()) {
      var name = parameter.name();
      if ((loop || name.startsWith(OWN))
          && !known.contains(name)
          && !name.equals(WipeMethod.PARAMETER)
          && !FormatOption.concerns(name)) {
        problems.invalid(
            parameter,
            "is not known; there are %s, and how file systems are made (%sext4-inode-size and others)"
                .formatted(String.join(", ", known), OWN));
      }
    }
  }

  private static void checkTopology(Field term, Problems problems) {
    var keys = new HashSet<String>();
    for (var expression : term.child("matchLabelExpressions").items()) {
      var key = expression.child("key");
      MetadataRules.checkQualifiedName(key, key.text(), problems);
      if (!keys.add(key.text())) {
        problems.duplicate(key);
      }
      if (expression.child("values").value().isEmpty()) {
        problems.required(expression.child("values"), "");
      }
      var values = new HashSet<String>();
      for (var value : expression.child("values").items()) {
        if (!values.add(value.text())) {
          problems.duplicate(value);
        }
      }
    }
  }

  @Override
  public void validateChange(String subresource, Field old, Field updated, Problems problems) {
    for (var member : new String[] {"parameters", "provisioner", "reclaimPolicy"}) {
      if (!Checks.unchanged(old.child(member), updated.child(member))) {
        problems.forbidden(updated.child(member), "updates to " + member + " are forbidden.");
      }
    }
    for (var member : new String[] {"volumeBindingMode", "allowedTopologies"}) {
      Checks.immutable(old.child(member), updated.child(member), problems);
    }
  }
}
