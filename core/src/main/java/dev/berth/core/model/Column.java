package dev.berth.core.model;

/**
 * A column of the table in which objects of a kind are shown.
 *
 * @param name as a heading: {@code Access Modes}
 * @param format {@code name} for the column that identifies the object, empty otherwise
 * @param wide whether it is only shown to those who ask for more
 * @param description what its cells tell
 */
public record Column(String name, String format, boolean wide, String description) {}
