package dev.berth.core.node;

/** All that is reached on nodes from outside, beside their objects. */
public record NodeAccess(ContainerAccess containers, NodeDisks disks, NodeUsage usage) {}
