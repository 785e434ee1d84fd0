// A box that scrolls must be reachable by keyboard. The theme looks once, before
// fonts and folded parts have their width; so look again when they do.
(() => {
  const look = () => setTimeout(() => {
    for (const box of document.querySelectorAll("pre")) {
      if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    }
  }, 400);
  for (const event of ["load", "resize", "click"]) addEventListener(event, look);
})();
