// All that the pages need of script: colours, sidebars, search, copying, print.
// A page without it has its text, formulas, figures, folds and navigation all the same.
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const one = selector => document.querySelector(selector);
  const data = document.documentElement.dataset;
  const later = task => (window.requestIdleCallback || setTimeout)(task);

  // Colours: auto follows the system; the choice is kept where the browser allows it.
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const keep = (key, value) => { try { localStorage.setItem(key, value); } catch (error) { /* private window */ } };
  const paint = mode => {
    const theme = mode === "auto" ? (dark.matches ? "dark" : "light") : mode;
    if (data.mode !== mode) data.mode = mode;
    if (data.theme !== theme) data.theme = theme;
    for (const button of all(".theme-switch-button"))
      button.setAttribute("aria-label", `Color mode: ${mode}`);
  };
  const order = () => dark.matches ? ["auto", "light", "dark"] : ["auto", "dark", "light"];
  for (const button of all(".theme-switch-button"))
    button.addEventListener("click", () => {
      const modes = order();
      paint(modes[(modes.indexOf(data.mode) + 1) % modes.length]);
      keep("mode", data.mode);
    });
  dark.addEventListener("change", () => paint(data.mode));
  paint(data.mode || "auto");

  // Sidebars: hidden in place where there is room, a dialog where there is none.
  const sidebar = (name, width) => {
    const toggle = one(`.${name}-toggle`), bar = one(`#pst-${name}-sidebar`);
    const dialog = one(`#pst-${name}-sidebar-modal`);
    if (!toggle || !bar || !dialog) return;
    const move = (from, to) => { to.append(...from.childNodes); to.className = from.className; };
    toggle.addEventListener("click", () => {
      if (matchMedia(`(min-width: ${width}px)`).matches)
        return bar.classList.toggle("pst-sidebar-hidden");
      move(bar, dialog);
      dialog.showModal();
    });
    const close = () => dialog.close();
    dialog.addEventListener("click", event => {
      if (event.target === dialog || event.target.closest("a")) close();
    });
    dialog.addEventListener("keydown", event => {
      if (event.key !== "Escape") return;
      event.stopPropagation(); // Sphinx's search would swallow the key
      close();
    });
    dialog.addEventListener("close", () => { move(dialog, bar); dialog.className = ""; });
  };
  sidebar("primary", 960);
  sidebar("secondary", 1200);

  // Search: a dialog, opened by its button or Ctrl-K.
  const search = one("#pst-search-dialog");
  const ask = () => {
    const field = one("form.bd-search:not(dialog form) input");
    if (field) return field.focus();
    search.showModal();
  };
  for (const button of all(".search-button__button")) button.addEventListener("click", ask);
  search?.addEventListener("click", event => { if (event.target === search) search.close(); });
  addEventListener("keydown", event => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    ask();
  });

  // Where the reader is: the entry of the contents whose part is on top.
  const entries = new Map(all("#pst-page-toc-nav a[href^='#']").map(link =>
    [document.getElementById(decodeURIComponent(link.hash.slice(1))), link]));
  entries.delete(null);
  const watch = new IntersectionObserver(seen => {
    const top = seen.filter(entry => entry.isIntersecting).pop();
    if (!top) return;
    for (const [part, link] of entries) {
      const here = part === top.target;
      link.classList.toggle("active", here);
      here ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current");
    }
  }, { rootMargin: "0px 0px -70% 0px" });
  later(() => {
    for (const part of entries.keys())
      watch.observe(part.querySelector("h1, h2, h3, h4, h5, h6") || part);
  });

  // Copying a block of code; what has no clipboard gets no button.
  const copyable = block => {
    if (!navigator.clipboard || !block.matches("div.highlight > pre:only-child")) return;
    const button = document.createElement("button");
    button.className = "copy";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(block.textContent);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
    block.after(button);
  };

  // A box that scrolls can be reached by keyboard; one that need not is passed over.
  const boxes = new IntersectionObserver(seen => {
    const near = seen.filter(entry => entry.isIntersecting).map(entry => entry.target);
    const wide = near.map(box => box.scrollWidth > box.clientWidth);
    near.forEach((box, i) => { box.tabIndex = wide[i] ? 0 : -1; copyable(box); });
  }, { rootMargin: "50%" });
  const look = () => {
    boxes.disconnect();
    for (const box of all("pre, .pst-scrollable-table-container")) boxes.observe(box);
  };
  addEventListener("resize", look);
  later(look);

  // On paper everything is open, and black on white.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = all("details:not([open])");
    for (const fold of folded) fold.open = true;
    data.theme = "light";
  });
  addEventListener("afterprint", () => {
    for (const fold of folded) fold.open = false;
    paint(data.mode);
  });

  // The address of the page, where its citation names it.
  for (const place of all("[data-here]")) place.textContent = location.href.split("#")[0];
})();
