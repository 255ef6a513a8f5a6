// What a report can do: search, filter, sort, open and close, copy a fix. Without it everything is shown, just not hidden.
"use strict";
(() => {
  // Paper shows everything: browsers that cannot open what is folded by style alone are helped, and find it as it was.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = Array.from(document.querySelectorAll("details:not([open])"));
    folded.forEach((one) => { one.open = true; });
  });
  addEventListener("afterprint", () => { folded.forEach((one) => { one.open = false; }); });

  const byId = (id) => document.getElementById(id);
  const table = byId("table");
  if (!table) { return; }
  const make = (name, className, text) => {
    const element = document.createElement(name);
    element.className = className;
    element.textContent = text;
    if (name === "button") { element.type = "button"; }
    return element;
  };

  const entries = Array.from(table.tBodies, (body) => ({
    body, detail: body.querySelector(".detail"), text: body.textContent.toLowerCase(), status: body.dataset.status,
  }));

  // One finding: its button opens and closes the details.
  const setOpen = (entry, open) => {
    entry.detail.hidden = !open;
    entry.toggle.setAttribute("aria-expanded", String(open));
    entry.toggle.textContent = open ? "\u2212" : "+";
  };
  entries.forEach((entry, index) => {
    entry.toggle = make("button", "toggle", "+");
    entry.detail.id = "detail" + index;
    entry.toggle.setAttribute("aria-controls", entry.detail.id);
    entry.toggle.setAttribute("aria-label", "Details of " + entry.body.querySelector("code").textContent);
    entry.body.querySelector("td").prepend(entry.toggle);
    entry.toggle.addEventListener("click", () => setOpen(entry, entry.detail.hidden));
    setOpen(entry, "open" in entry.body.dataset);
  });
  const expand = byId("expand");
  expand.addEventListener("click", () => {
    const open = entries.some((entry) => !entry.body.hidden && entry.detail.hidden);
    entries.forEach((entry) => setOpen(entry, open && !entry.body.hidden));
    expand.textContent = open ? "Close all" : "Open all";
  });

  // A MAC, or the end of one, as switches and other systems write it: 5254.000c.1df5, 5254-000c-1df5, 52-54-00-0c-1d-f5, 5254000c1df5.
  const MAC = /^(?:[0-9a-f]{4}(?:\.[0-9a-f]{4}){1,2}|[0-9a-f]{4}(?:-[0-9a-f]{4}){1,2}|[0-9a-f]{2}(?:-[0-9a-f]{2}){2,5}|[0-9a-f]{12})$/;
  const asMac = (word) => (MAC.test(word) ? word.replace(/[.-]/g, "").match(/../g).join(":") : word);

  // Search and status: every word has to be somewhere in the finding.
  const search = byId("search");
  const boxes = Array.from(document.querySelectorAll("input[name=status]"));
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    let shown = 0;
    for (const entry of entries) {
      entry.body.hidden = !(wanted.has(entry.status) && words.every((word) => entry.text.includes(word) || entry.text.includes(asMac(word))));
      shown += entry.body.hidden ? 0 : 1;
    }
    byId("count").textContent = shown + " of " + entries.length + " shown";
    byId("nothing").hidden = shown > 0;
  };
  const reset = () => {
    search.value = "";
    boxes.forEach((box) => { box.checked = true; });
    filter();
  };
  search.addEventListener("input", filter);
  boxes.forEach((box) => box.addEventListener("change", filter));
  byId("reset").addEventListener("click", () => { reset(); search.focus(); });
  byId("controls").addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.ctrlKey && !event.metaKey && document.activeElement !== search) {
      event.preventDefault();
      search.focus();
    } else if (event.key === "Escape" && document.activeElement === search) {
      reset();
    }
  });

  // Sorting: findings move as a whole, row and details together.
  const heads = Array.from(table.tHead.rows[0].cells);
  const value = (entry, column) => {
    const cell = entry.body.rows[0].cells[column];
    return cell.dataset.sort || cell.textContent.trim();
  };
  heads.forEach((head, column) => {
    const button = make("button", "sort", head.textContent);
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      // Digits count as numbers (hv2 before hv10), but not those of a MAC, which are hexadecimal.
      const order = new Intl.Collator(undefined, { numeric: head.dataset.key !== "mac" }).compare;
      entries.sort((left, right) => order(value(left, column), value(right, column)) * (down ? -1 : 1));
      table.append(...entries.map((entry) => entry.body));
    });
  });

  // Copy a fix, of several ways its first, the playbook; where the browser refuses, select all, so that the keyboard can.
  document.querySelectorAll(".fix").forEach((box) => {
    const pre = box.querySelector("pre");
    const button = make("button", "copy", "Copy");
    button.setAttribute("aria-label", "Copy the fix");
    button.addEventListener("click", async () => {
      try {
        const text = pre.textContent.trim();
        await navigator.clipboard.writeText(/^(\w+=('[^']*'|\S)+ )*(\S*ansible-playbook|'[^']*ansible-playbook'|make) /.test(text) ? text.split("\n")[0] : text);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(pre);
        button.textContent = "Selected";
      }
    });
    box.append(button);
  });

  byId("save").addEventListener("click", () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([byId("report").textContent], { type: "application/json" }));
    link.download = byId("report").dataset.name;
    link.click();
    URL.revokeObjectURL(link.href);
  });

  byId("controls").hidden = false;
  filter();
})();
