// The page of offline reading: keeps, renews and removes the copies. The worker that makes them is service-worker.js.

(() => {
  const panel = document.querySelector("[data-offline]");
  // Browsers have neither in pages that come over HTTP from another machine.
  if (!panel || !("serviceWorker" in navigator) || !("caches" in window)) return;
  const PREFIX = "palpate-copies-";
  const CONTENTS = "/offline/contents";
  const BYTES_PER_MB = 1e6;
  const { lang, dataset } = document.documentElement;
  const locale = lang === "en" ? "en-GB" : lang;
  const find = (name) => panel.querySelector(`[data-offline-${name}]`);
  const fill = (element, values) => {
    element.textContent = element.dataset.words.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  };

  const show = (state) => {
    for (const part of panel.querySelectorAll("[data-state]")) part.hidden = part.dataset.state !== state;
  };

  const findFacts = async () => {
    const names = (await caches.keys()).filter((name) => name.startsWith(PREFIX));
    for (const name of names.sort().reverse()) {
      const list = await (await caches.open(name)).match(CONTENTS);
      if (list) return list.json();
    }
    return null;
  };

  const refresh = async () => {
    const facts = await findFacts();
    if (!facts) {
      show("none");
      return;
    }
    fill(find("facts"), {
      date: new Date(facts.keptAt).toLocaleString(locale, { dateStyle: "long", timeStyle: "short" }),
      size: (facts.bytes / BYTES_PER_MB).toLocaleString(locale, { maximumFractionDigits: 1 }),
    });
    show("kept");
  };

  const showProgress = ({ done, total }) => {
    const bar = find("bar");
    bar.max = total;
    bar.value = done;
    fill(find("done"), { done, total });
  };

  const askWorker = (worker, looks) =>
    new Promise((resolve, reject) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = ({ data }) => {
        if (data.isKept) resolve();
        else if (data.isFailed) reject(new Error("not kept"));
        else showProgress(data);
      };
      worker.postMessage(looks, [port2]);
    });

  const keep = async () => {
    find("failed").hidden = true;
    show("keeping");
    try {
      await navigator.serviceWorker.register("/service-worker.js");
      const { active } = await navigator.serviceWorker.ready;
      const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
      await askWorker(active, { language: lang, zone, theme: dataset.theme });
      // Browsers may throw away what they store, unless they were asked not to.
      await navigator.storage?.persist?.();
    } catch {
      find("failed").hidden = false;
    }
    await refresh();
    panel.querySelector("[data-state]:not([hidden])").focus();
  };

  const remove = async () => {
    const names = (await caches.keys()).filter((name) => name.startsWith(PREFIX));
    await Promise.all(names.map((name) => caches.delete(name)));
    const registration = await navigator.serviceWorker.getRegistration("/");
    await registration?.unregister();
    await refresh();
    panel.querySelector("[data-state]:not([hidden])").focus();
  };

  for (const button of panel.querySelectorAll("[data-offline-keep]")) button.addEventListener("click", keep);
  find("remove").addEventListener("click", remove);
  refresh();
})();
