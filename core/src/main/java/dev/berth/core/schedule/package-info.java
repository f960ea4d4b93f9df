/** Where does a pod run, and with which volumes? */
@NullMarked
package dev.berth.core.schedule;

import org.jspecify.annotations.NullMarked;
