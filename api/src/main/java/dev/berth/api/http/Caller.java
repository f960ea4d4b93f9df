package dev.berth.api.http;

import java.util.Set;

/** Who sends a request, as far as is known. */
public sealed interface Caller {

  /** Members of this group may do everything. */
  String ADMINISTRATORS = "system:masters";

  /** Nobody in particular. */
  record Anonymous() implements Caller {}

  /** Somebody who presented something that does not prove who they are. */
  record Impostor() implements Caller {}

  record User(String name, Set<String> groups) implements Caller {
    public User {
      groups = Set.copyOf(groups);
    }
  }

  /** Whether everything is allowed to this caller. */
  default boolean isAdministrator() {
    return this instanceof User(var name, var groups) && groups.contains(ADMINISTRATORS);
  }
}
