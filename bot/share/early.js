"use strict";
// Runs before anything is drawn, so that nothing moves when the module starts.
if ("noModule" in HTMLScriptElement.prototype) {
  document.documentElement.classList.add("js");
  const sample = { text: "a", url: "https://example.org/" };
  if (navigator.canShare?.(sample)) document.documentElement.classList.add("shares");
}
