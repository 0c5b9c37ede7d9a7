(() => {
  "use strict";
  const all = (selector) => document.querySelectorAll(selector);

  for (const button of all(".show")) {
    const input = button.previousElementSibling;
    const show = (shown) => {
      input.type = shown ? "text" : "password";
      button.setAttribute("aria-pressed", shown);
    };
    button.hidden = false;
    button.addEventListener("click", (event) => {
      show(input.type === "password");
      if (event.detail) input.focus(); // by a pointer: who presses a key hears the button's state
    });
    input.form.addEventListener("submit", () => show(false)); // browsers remember what is typed as text
  }

  for (const hint of all(".caps")) {
    const input = hint.previousElementSibling.querySelector("input");
    for (const name of ["keydown", "keyup"]) {
      input.addEventListener(name, (event) => {
        hint.textContent = event.getModifierState && event.getModifierState("CapsLock") ? hint.dataset.text : "";
      });
    }
  }

  // A form is sent once, unless nothing comes of it.
  const sent = (form, yes) => {
    form.dataset.sent = yes ? "yes" : "";
    for (const button of form.querySelectorAll("button[type=submit]")) {
      if (yes) button.setAttribute("aria-busy", "true");
      else button.removeAttribute("aria-busy");
    }
  };
  for (const form of all("form[method=post]")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) return event.preventDefault();
      sent(form, true);
      setTimeout(sent, 8000, form, false);
    });
  }
  addEventListener("pageshow", (event) => {
    if (event.persisted) all("form[method=post]").forEach((form) => sent(form, false)); // the back button
  });

  for (const input of all("[data-whole]")) {
    const hint = document.getElementById("whole");
    hint.hidden = false;
    input.setAttribute("aria-describedby", [input.getAttribute("aria-describedby"), "whole"].filter(Boolean).join(" "));
    let before = 0;
    input.addEventListener("input", () => {
      const digits = input.value.replace(/\s/g, "");
      if (digits.length > before && /^\d{6}$/.test(digits)) input.form.requestSubmit();
      before = digits.length;
    });
  }

  for (const left of all("[data-seconds]")) {
    const clock = left.querySelector("b");
    const end = performance.now() + left.dataset.seconds * 1000;
    const tick = () => {
      const seconds = Math.ceil((end - performance.now()) / 1000);
      if (seconds <= 0) {
        left.hidden = true;
        left.nextElementSibling.textContent = left.dataset.over;
        return;
      }
      const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
      if (!parts[0]) parts.shift();
      clock.textContent = parts.map((part, i) => (i ? String(part).padStart(2, "0") : part)).join(":");
      setTimeout(tick, 250);
    };
    left.hidden = false;
    tick();
  }

  for (const time of all("time")) {
    time.textContent = new Date(time.dateTime).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  }

  for (const button of all(".copy")) {
    if (!navigator.clipboard) break;
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(button.dataset.copy);
        button.textContent = button.dataset.done;
      } catch {
        button.hidden = true; // not allowed: the code is there to be marked
      }
    });
  }
})();
