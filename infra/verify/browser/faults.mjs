// faults runs in a page and tells what it lacks for people who cannot see it
// well, or at all: of what the Web Content Accessibility Guidelines 2.2 ask, what
// a program can tell.
export function faults(width) {
  const found = [];
  const fault = (what, element) => found.push(`${what}: ${element.outerHTML.slice(0, 120)}`);
  const seen = (element) => element.checkVisibility({ visibilityProperty: true }) && element.type !== "hidden";
  const all = (selector) => [...document.querySelectorAll(selector)].filter(seen);

  // 1.4.10: a phone zooms out of what is too wide, so that its window is wider.
  const { scrollWidth } = document.documentElement;
  if (scrollWidth > width || innerWidth > width) found.push(`it is ${scrollWidth} px wide on ${width}`);
  if (!document.documentElement.lang) found.push("no language");
  const headings = all("h1");
  if (headings.length !== 1 || all("main").length !== 1) found.push("not one h1 in one main");
  if (!document.title.includes(headings[0]?.innerText)) found.push(`the title ${document.title} is another than the heading`);
  if (document.title.startsWith("Error: ") !== all("[role=alert]").length > 0) {
    found.push("an alert and the title's word for it go together");
  }

  for (const element of all("input, select, textarea")) {
    if (element.labels.length !== 1 || !element.labels[0].innerText.trim()) fault("not one label", element);
    if (!element.autocomplete) fault("no autocomplete", element);
  }
  for (const element of all("a, button")) {
    if (!element.innerText.trim() && !element.ariaLabel?.trim()) fault("no name", element);
    const inText = element.localName === "a" && element.parentElement.innerText.trim() !== element.innerText.trim();
    if (!inText && element.getBoundingClientRect().height < 24) fault("hard to hit", element); // 2.5.8
  }
  for (const element of document.querySelectorAll("[aria-describedby]")) {
    const ids = element.getAttribute("aria-describedby").split(" ");
    if (!ids.every((id) => document.getElementById(id)?.innerText.trim())) fault("described by nothing", element);
  }
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  for (const id of new Set(ids)) if (ids.filter((other) => other === id).length > 1) found.push(`the id ${id} twice`);

  // 1.4.3 and 1.4.11: the contrast of text, and of what surrounds a control.
  const parse = (color) => color.match(/[\d.]+/g).map(Number);
  const opaque = (color) => (parse(color)[3] ?? 1) === 1;
  const ground = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const color = getComputedStyle(e).backgroundColor;
      if (opaque(color)) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const luminance = (color) => {
    const [r, g, b] = parse(color).slice(0, 3).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => {
    const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (light + 0.05) / (dark + 0.05);
  };
  const legible = (element, color, around, least) => {
    const ratio = contrast(color, around);
    if (ratio < least) fault(`contrast of ${ratio.toFixed(2)}`, element);
  };
  for (const element of all("main *")) {
    const text = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    const style = getComputedStyle(element);
    if (text || element.localName === "input") legible(element, style.color, ground(element), 4.5);
    if (element.localName === "input") legible(element, style.borderTopColor, ground(element.parentElement), 3);
    // A button stands out by its fill or by its edge.
    if (element.localName === "button" && opaque(style.backgroundColor)) {
      const around = ground(element.parentElement);
      const edge = [style.backgroundColor, style.borderTopColor].filter(opaque).sort((a, b) => contrast(b, around) - contrast(a, around))[0];
      legible(element, edge, around, 3);
    }
  }
  return found;
}
