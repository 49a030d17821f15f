// Search, rate, see what is recommended: the API of this server, for people. Every text of the data reaches the page by textContent.
"use strict";
(() => {
  const MISSING = "–";
  const byId = (id) => document.getElementById(id);
  /** What the run is: `/api/run`. */
  let run = null;
  /** Own ratings, in the order in which they were chosen: id → { title, rating }; a rating that is null is not given yet. */
  const own = new Map();
  /** What is known of us: attribute → value. */
  const about = new Map();
  /** A user of the data who is looked at instead, by id. */
  let user = null;

  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  function pressed(text, act, attributes = {}) {
    const button = element("button", { type: "button", ...attributes }, text);
    button.addEventListener("click", act);
    return button;
  }

  // ---- The server.

  function trouble(text) {
    byId("trouble").hidden = !text;
    byId("trouble").textContent = text ?? "";
  }

  const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

  /** Asks for one thing at a time: a newer question gives up the one before. */
  function asker() {
    let latest = new AbortController();
    return async (address, options = {}) => {
      latest.abort();
      const controller = latest = new AbortController();
      try {
        for (;;) {
          const response = await fetch(address, { ...options, signal: controller.signal });
          if (response.status === 503) {
            await wait(1000 * Number(response.headers.get("Retry-After") ?? 1));
            if (controller.signal.aborted) return null;
            continue;
          }
          const answer = await response.json();
          if (controller.signal.aborted) return null;
          trouble(response.ok ? null : answer.error);
          return response.ok ? answer : null;
        }
      } catch (error) {
        if (!controller.signal.aborted) trouble(`The server does not answer (${error.message}); is it still running?`);
        return null;
      }
    };
  }

  const askItems = asker();
  const askRecommended = asker();
  const askSimilar = asker();

  function later(act, milliseconds) {
    let timer;
    return () => {
      clearTimeout(timer);
      timer = setTimeout(act, milliseconds);
    };
  }

  // ---- Own ratings, kept in the address, so that a reload or a bookmark brings them back.

  function remember() {
    const kept = new URLSearchParams();
    for (const [id, { rating }] of own) if (rating !== null) kept.append("r", `${id}:${rating}`);
    for (const [name, value] of about) kept.append("about", `${name}:${value}`);
    if (user !== null) kept.append("user", user);
    const text = kept.toString();
    history.replaceState(null, "", text ? `#${text}` : location.pathname);
  }

  function recall() {
    const kept = new URLSearchParams(location.hash.slice(1));
    own.clear();
    about.clear();
    for (const text of kept.getAll("r")) {
      const end = text.lastIndexOf(":");
      const rating = Number(text.slice(end + 1));
      if (end > 0 && Number.isFinite(rating)) own.set(text.slice(0, end), { title: text.slice(0, end), rating });
    }
    for (const text of kept.getAll("about")) {
      const end = text.indexOf(":");
      if (end > 0) about.set(text.slice(0, end), text.slice(end + 1));
    }
    user = kept.get("user");
  }

  function changed() {
    user = null;
    remember();
    recommendLater();
  }

  function rate(id, rating) {
    own.get(id).rating = rating;
    changed();
  }

  function choose(item) {
    if (!own.has(item.item)) {
      own.set(item.item, { title: item.title, rating: run.rate.like ? run.rate.like.rating : null });
      showOwn();
      if (run.rate.like) changed();
    }
    const line = [...byId("ratings").children].find((line) => line.dataset.item === item.item);
    line.querySelector("input:checked, input, button.thumb").focus();
  }

  function remove(id) {
    const following = [...own.keys()];
    const next = following[following.indexOf(id) + 1] ?? following[following.indexOf(id) - 1];
    own.delete(id);
    showOwn();
    changed();
    const line = [...byId("ratings").children].find((line) => line.dataset.item === next);
    (line?.querySelector("button.remove") ?? byId("search")).focus();
  }

  // ---- How a rating is given: stars, a number, or a thumb.

  function widget(id, { title, rating }) {
    const { number, like } = run.rate;
    if (like) return thumb(title, id);
    if (number.step && number.maximum <= 5 && number.minimum >= 0 && Number.isInteger(number.maximum)) return stars(id, title, rating, number);
    const input = element("input", { type: "number", min: number.minimum, max: number.maximum, step: number.step ?? "any" });
    input.setAttribute("aria-label", `Rating of ${title}, from ${number.minimum} to ${number.maximum}`);
    if (rating !== null) input.value = rating;
    input.addEventListener("input", () => {
      if (input.value === "" || input.checkValidity()) rate(id, input.value === "" ? null : Number(input.value));
    });
    return input;
  }

  function thumb(title, id) {
    return pressed("✓ liked", () => remove(id), { class: "small thumb", "aria-pressed": "true", "aria-label": `${title} is liked` });
  }

  function stars(id, title, rating, { minimum, maximum, step }) {
    const field = element("fieldset", { class: step < 1 ? "stars halves" : "stars" }, element("legend", {}, `Rating of ${title}`));
    const labels = [];
    const fill = (upTo) => labels.forEach(([value, label]) => label.classList.toggle("filled", upTo !== null && value <= upTo));
    for (let value = minimum; value <= maximum; value += step) {
      const radio = element("input", { type: "radio", name: `rating ${id}`, value, id: `rating ${id} ${value}` });
      radio.checked = value === rating;
      radio.addEventListener("change", () => {
        fill(value);
        rate(id, value);
      });
      const name = `${value} of ${maximum}`;
      const label = element("label", { for: radio.id, title: name }, element("span", { class: value === 0 ? "zero" : "star", "aria-hidden": "true" }, value === 0 ? "∅" : ""), element("span", { class: "unseen" }, name));
      if (step < 1 && value > minimum && Number.isInteger(value)) label.classList.add("second");
      if (Number.isInteger(minimum) && value === minimum) label.classList.add("whole");
      labels.push([value, label]);
      field.append(radio, label);
    }
    fill(rating);
    return field;
  }

  function showOwn() {
    const lines = [...own].map(([id, given]) => {
      const side = element("span", { class: "widget" }, widget(id, given), pressed("✕", () => remove(id), { class: "small remove", "aria-label": `Remove ${given.title}` }));
      const line = element("li", {}, titleButton({ item: id, title: given.title }), side);
      line.dataset.item = id;
      return line;
    });
    byId("ratings").replaceChildren(...lines);
    byId("own").hidden = own.size === 0;
  }

  function showAbout() {
    const fields = run.about.map(({ name, values }, place) => {
      const id = `about-${place}`;
      const field = values ? element("select", { id }, element("option", { value: "" }, "unknown"), ...values.map((value) => element("option", { value }, value))) : element("input", { id });
      field.value = about.get(name) ?? "";
      field.addEventListener("change", () => {
        if (field.value === "") about.delete(name);
        else about.set(name, field.value);
        changed();
      });
      return element("div", {}, element("label", { for: id }, name), field);
    });
    byId("about").replaceChildren(...fields);
  }

  // ---- Searching.

  async function search() {
    const text = byId("search").value.trim();
    const parameters = new URLSearchParams(text ? { search: text, top: "8" } : { top: "8" });
    const answer = await askItems(`/api/items?${parameters}`);
    if (!answer) return;
    const count = answer.items.length;
    byId("found-count").textContent = text ? (count === 0 ? "No title is like this." : `${count} ${count === 1 ? "title" : "titles"}`) : "Known to most:";
    byId("found").replaceChildren(...answer.items.map((item) => {
      const raters = element("span", { class: "raters" }, `${item.raters.toLocaleString("en")} ratings`);
      const title = run.no_new_users ? titleButton(item) : pressed(item.title, () => choose(item), { class: "title" });
      return element("li", {}, title, raters);
    }));
  }

  /** Up and down go through what was found. */
  function walk(event) {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const places = [byId("search"), ...byId("found").querySelectorAll("button")];
    const next = places[places.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1)];
    if (next) {
      event.preventDefault();
      next.focus();
    }
  }

  // ---- Recommendations and similar items.

  function titleButton(item) {
    if (run.no_similar) return element("span", {}, item.title);
    return pressed(item.title, () => showSimilar(item), { class: "title", "aria-label": `${item.title}: show similar` });
  }

  /** `share` of the bar, from 0 to 1. */
  function ranked(item, number, share) {
    const bar = element("span", {});
    bar.style.setProperty("--share", `${Math.max(0, Math.min(1, share)) * 100}%`);
    const score = element("span", { class: "score" }, element("span", { class: "bar", "aria-hidden": "true" }, bar), element("span", {}, number));
    const line = element("li", {}, titleButton(item), score);
    if (!run.no_new_users && user === null) line.append(pressed("Rate", () => choose(item), { class: "small", "aria-label": `Rate ${item.title}` }));
    return line;
  }

  function because(reasons) {
    const who = user === null ? "you" : "they";
    const parts = reasons.map(({ title, rating }) => run.rate.like ? title : `${title} ${rating}`);
    return element("p", { class: "because" }, `because ${who} ${run.rate.like ? "like" : "gave"} ${parts.join(" and ")}`);
  }

  function shareOf(scores) {
    const [low, high] = run.scale ?? [Math.min(...scores), Math.max(...scores)];
    // Scores that only rank begin at a tenth, so that the last one is seen, too.
    return (score) => run.scale ? (score - low) / (high - low) : high > low ? 0.1 + 0.9 * (score - low) / (high - low) : 1;
  }

  const recommendLater = later(recommend, 60);

  async function recommend() {
    const ratings = [...own].filter(([, { rating }]) => rating !== null).map(([item, { rating }]) => ({ item, rating }));
    const list = byId("recommended");
    byId("recommended-title").textContent = user === null ? "Recommended" : `Recommended to user ${user}`;
    if (user === null && ratings.length === 0) {
      list.replaceChildren();
      const hint = run.no_new_users ? "Name a user of the data, or look for a title." : "Rate a title, and what suits you is listed here.";
      byId("recommended-note").textContent = hint;
      return;
    }
    const wish = user === null ? { ratings, about: Object.fromEntries(about) } : { user };
    const answer = await askRecommended("/api/recommend", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(wish) });
    if (!answer) return;
    const [{ items, own: told, ratings: count }] = answer.users;
    name(told);
    const share = shareOf(items.map(({ score }) => score));
    list.replaceChildren(...items.map((item) => {
      const line = ranked(item, item.score.toFixed(2), share(item.score));
      if (item.reasons.length > 0) line.append(because(item.reasons));
      return line;
    }));
    const by = `by ${count} ${count === 1 ? "rating" : "ratings"}`;
    byId("recommended-note").textContent = items.length === 0 ? "Nothing is left to recommend." : `${items.length} titles ${by}; ${answer.scores}`;
  }

  /** Ratings of the address know ids only, until the server tells the titles. */
  function name(told) {
    const unknown = told.filter(({ item, title }) => own.has(item) && own.get(item).title !== title);
    unknown.forEach(({ item, title }) => (own.get(item).title = title));
    if (unknown.length > 0) showOwn();
  }

  async function showSimilar(item) {
    const answer = await askSimilar(`/api/similar?${new URLSearchParams({ item: item.item })}`);
    if (!answer) return;
    const [{ title, similar }] = answer.items;
    byId("similar-title").textContent = `Similar to ${title}`;
    byId("similar-note").textContent = `by the cosine between ${answer.by}`;
    byId("similar").replaceChildren(...similar.map((other) => ranked(other, other.cosine.toFixed(2), other.cosine)));
    byId("similar-section").hidden = false;
    byId("similar-title").focus({ preventScroll: true });
    byId("similar-section").scrollIntoView({ block: "nearest" });
  }

  // ---- The whole page.

  function number(value) {
    return value === null ? MISSING : value.toPrecision(4);
  }

  function showRun() {
    byId("name").textContent = run.run.experiment;
    document.title = `${run.run.experiment} · Hourglass`;
    byId("line").textContent = `${run.model}${run.line.slice(run.run.experiment.length)}`;
    const metrics = Object.entries(run.test).map(([name, value]) => `test ${name} ${number(value)}`);
    const counts = `${run.users.toLocaleString("en")} users, ${run.items.toLocaleString("en")} items, ${run.ratings.toLocaleString("en")} ratings`;
    byId("measured").textContent = [...metrics, counts].join(" · ");
    if (run.no_new_users) {
      byId("rate-title").textContent = "Look for a title";
      byId("no-new-users").textContent = `There is nothing to rate: ${run.no_new_users}`;
      byId("no-new-users").hidden = false;
      byId("known").open = true;
    }
  }

  async function show() {
    recall();
    if (run.no_new_users) own.clear();
    byId("user").value = user ?? "";
    byId("known").open ||= user !== null;
    showOwn();
    showAbout();
    await recommend();
  }

  byId("search").addEventListener("input", later(search, 120));
  byId("search-form").addEventListener("submit", (event) => {
    event.preventDefault();
    byId("found").querySelector("button")?.click();
  });
  byId("rate").addEventListener("keydown", walk);
  byId("clear").addEventListener("click", () => {
    own.clear();
    showOwn();
    changed();
    byId("search").focus();
  });
  byId("known-form").addEventListener("submit", (event) => {
    event.preventDefault();
    user = byId("user").value.trim() || null;
    remember();
    recommend();
  });
  addEventListener("hashchange", show);

  (async () => {
    run = await asker()("/api/run");
    if (!run) return;
    showRun();
    await Promise.all([search(), show()]);
  })();
})();
