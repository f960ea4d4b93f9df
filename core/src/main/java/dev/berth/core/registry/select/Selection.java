package dev.berth.core.registry.select;

import dev.berth.core.model.Requirement;
import dev.berth.core.model.ResourceType;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.StoredObject;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The objects of a kind that a request is about, by labels and fields. Names are told from the key
 * alone; a document is only read when more is needed, and only as far as needed.
 */
public final class Selection {

  private final List<Requirement> labels;
  private final List<FieldQuery.Term> onKey = new ArrayList<>();
  private final List<FieldQuery.Term> onDocument = new ArrayList<>();
  private final DocumentScan scan = new DocumentScan();

  private Selection(List<Requirement> labels, List<FieldQuery.Term> fields) {
    this.labels = labels;
    if (!labels.isEmpty()) {
      scan.want(DocumentScan.LABELS);
    }
    for (var term : fields) {
      if (term.field().equals(FieldLabels.NAME) || term.field().equals(FieldLabels.NAMESPACE)) {
        onKey.add(term);
      } else {
        onDocument.add(term);
        FieldLabels.paths(term.field()).forEach(scan::want);
      }
    }
  }

  /**
   * @param labels a label selector, null or empty for all
   * @param fields a field selector, null or empty for all
   * @throws SelectorException when one cannot be understood, or names a field by which objects of
   *     this type cannot be selected
   */
  public static Selection parse(ResourceType type, @Nullable String labels, @Nullable String fields)
      throws SelectorException {
    var terms = fields == null ? List.<FieldQuery.Term>of() : FieldQuery.parse(fields);
    for (var term : terms) {
      var unsupported = FieldLabels.unsupported(type, term.field());
      if (unsupported != null) {
        throw new SelectorException(unsupported);
      }
    }
    return new Selection(labels == null ? List.of() : LabelQuery.parse(labels), terms);
  }

  /** Whether every object is meant. */
  public boolean everything() {
    return labels.isEmpty() && onKey.isEmpty() && onDocument.isEmpty();
  }

  /** The only name that an object may have; null when it may have several, or none can have it. */
  public @Nullable String name() {
    return required(FieldLabels.NAME);
  }

  /** The only namespace that an object may have; null as for {@link #name}. */
  public @Nullable String namespace() {
    return required(FieldLabels.NAMESPACE);
  }

  private @Nullable String required(String field) {
    for (var term : onKey) {
      var possible = !term.value().isEmpty() && term.value().indexOf(0) < 0;
      if (possible && term.equal() && term.field().equals(field)) {
        return term.value();
      }
    }
    return null;
  }

  public boolean matches(StoredObject object) {
    for (var term : onKey) {
      if (part(object.key(), term.field()).equals(term.value()) != term.equal()) {
        return false;
      }
    }
    return (labels.isEmpty() && onDocument.isEmpty()) || matchesDocument(object.document());
  }

  private static String part(ObjectKey key, String field) {
    return field.equals(FieldLabels.NAME) ? key.name() : key.namespace();
  }

  private boolean matchesDocument(byte[] document) {
    var found = scan.read(document);
    for (var requirement : labels) {
      if (!requirement.matches(found.labels())) {
        return false;
      }
    }
    for (var term : onDocument) {
      if (value(found, term.field()).equals(term.value()) != term.equal()) {
        return false;
      }
    }
    return true;
  }

  private static String value(DocumentScan.Found found, String field) {
    for (var path : FieldLabels.paths(field)) {
      if (!found.text(path).isEmpty()) {
        return found.text(path);
      }
    }
    return FieldLabels.absent(field);
  }
}
