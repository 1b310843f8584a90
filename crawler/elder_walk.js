// What does a page show a visitor: what may be pressed, how large and how clear its text is, what lies over it?
// One arrow function, evaluated in the page by crawler/elder_walk.py, which knows the words; here nothing is judged.
([task, given]) => {
  const cut = (text, n) => (text || "").replace(/\s+/g, " ").trim().replace(/\d{7,}/g, "…").slice(0, n);
  const styles = new Map();
  const style = (e) => styles.get(e) || styles.set(e, getComputedStyle(e)).get(e);
  const web = (url) => (/^https?:/.test(url || "") ? url : null);

  const visible = (e) => {
    const r = e.getBoundingClientRect();
    if (r.width < 1 || r.height < 1 || r.right + scrollX <= 0 || r.bottom + scrollY <= 0) return false;
    return e.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
  };

  const wordsOf = (e) => {
    const text = e.innerText?.replace(/\s+/g, "");
    if (text) return text;
    for (const part of [e, ...e.querySelectorAll("img")])
      for (const name of ["title", "alt", "value", "aria-label"]) if (part.getAttribute(name)) return part.getAttribute(name);
    return "";
  };

  // Everything opens in this window: another one would be closed unseen.
  const stay = () => {
    for (const e of document.querySelectorAll("[target]")) e.removeAttribute("target");
    window.open = (url) => (url && (location.href = url), window);
  };

  // Drawn size of one CSS pixel of the element: zoom and transforms of all that it stands in.
  const scales = new Map([[null, 1]]);
  const scale = (e) => {
    if (!scales.has(e)) {
      const s = style(e);
      const m = s.transform === "none" ? { c: 0, d: 1 } : new DOMMatrixReadOnly(s.transform);
      const own = s.scale === "none" || !s.scale ? 1 : parseFloat(s.scale.split(" ")[1] || s.scale);
      scales.set(e, scale(e.parentElement) * Math.hypot(m.c, m.d) * own);
    }
    return scales.get(e);
  };

  // Colours: [red, green, blue, alpha], or null for a form that is not read here.
  const colour = (text) => {
    const m = /^rgba?\(([\d.]+),\s*([\d.]+),\s*([\d.]+)(?:,\s*([\d.]+))?\)$/.exec(text);
    return m && [+m[1], +m[2], +m[3], m[4] === undefined ? 1 : +m[4]];
  };
  const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
  const light = (c) => {
    const [r, g, b] = c.map((v) => ((v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const painted = (s) => s.backgroundImage !== "none" || !colour(s.backgroundColor) || colour(s.backgroundColor)[3] > 0;
  const dressed = (e) =>
    ["::before", "::after"].some((part) => {
      const s = getComputedStyle(e, part);
      return !["none", "normal"].includes(s.content) && ["absolute", "fixed"].includes(s.position) && painted(s);
    });
  const PICTURES = "img,video,canvas,iframe,object,embed,svg";

  // Neither the element nor anything it stands in changes the colours inside.
  const clear = new Map([[null, true]]);
  const isClear = (e) => {
    if (!clear.has(e)) {
      const s = style(e);
      clear.set(e, s.filter === "none" && s.opacity === "1" && s.mixBlendMode === "normal" && isClear(e.parentElement));
    }
    return clear.get(e);
  };
  // The colour behind the text of an element, null when it is more than the plain colours of what it stands in.
  const grounds = new Map([[null, [255, 255, 255, 1]]]);
  const ground = (e) => {
    if (!grounds.has(e)) {
      const s = style(e), own = colour(s.backgroundColor);
      const plain = own && s.backgroundImage === "none" && isClear(e) && !dressed(e);
      const under = plain && (own[3] === 1 ? own : ground(e.parentElement));
      grounds.set(e, under ? over(own, under) : null);
    }
    return grounds.get(e);
  };
  const contrast = (e) => {
    const s = style(e), ink = colour(s.webkitTextFillColor), under = ground(e);
    if (!ink || !under || s.backgroundClip.includes("text")) return null;
    const [a, b] = [light(over(ink, under)), light(under)].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
  };
  // Whether the text really stands on what it stands in: nothing else lies above or between.
  const bare = (e, node) => {
    e.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
    const range = document.createRange();
    range.selectNodeContents(node);
    const r = range.getClientRects()[0];
    if (!r) return false;
    const stack = document.elementsFromPoint(r.x + r.width / 2, r.y + r.height / 2);
    const at = stack.indexOf(e);
    if (at < 0 || !stack.slice(0, at).every((x) => e.contains(x) && !x.matches(PICTURES) && !painted(style(x)))) return false;
    for (const x of stack.slice(at)) {
      if (!x.contains(e) && (x.matches(PICTURES) || painted(style(x)))) return false;
      if (x.contains(e) && colour(style(x).backgroundColor)?.[3] === 1) return true;
    }
    return true;
  };

  const tasks = {
    // Elements that a short text or a mark tells apart; each gets its number as attribute.
    elements() {
      stay();
      const found = [];
      document.querySelectorAll("a,area,button,input,img,span,div,li,i,em,b,p,label").forEach((e, n) => {
        const link = e.closest("a,area"), isLink = link === e;
        if (!isLink && e.textContent.length > 400) return;
        const words = wordsOf(e);
        const mark = ["id", "class", "onclick", "href"].map((k) => e.getAttribute(k) || "").join(" ").trim();
        if (words.length > (isLink ? 80 : 16) || (!words && !mark)) return;
        e.setAttribute("data-walk", n);
        const r = e.getBoundingClientRect();
        found.push({
          n, words, mark: mark.slice(0, 300), href: web(link?.href), link: isLink, visible: visible(e), area: Math.round(r.width * r.height),
          clickable: !!e.closest("a,button,input,label,[onclick]") || style(e).cursor === "pointer",
        });
      });
      return found;
    },

    // Visible text by size and contrast, most characters first: [px, contrast or null, characters, words].
    texts({ groups, checks }) {
      const at = [scrollX, scrollY];
      const seen = new Map(), parts = [];
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        const node = walker.currentNode, e = node.parentElement, text = node.data.replace(/\s+/g, "");
        if (!text || e.matches("script,style,noscript,template,option,textarea")) continue;
        if (!seen.has(e)) seen.set(e, visible(e));
        if (seen.get(e)) parts.push([e, node, text]);
      }
      const ratios = new Map();
      for (const [e, node] of parts) {
        if (ratios.has(e)) continue;
        let ratio = contrast(e);
        if (ratio !== null && ratio < 4.5) ratio = checks-- > 0 && bare(e, node) ? ratio : null;
        ratios.set(e, ratio);
      }
      scrollTo({ left: at[0], top: at[1], behavior: "instant" });
      const found = new Map();
      for (const [e, , text] of parts) {
        const px = Math.round(parseFloat(style(e).fontSize) * (e.currentCSSZoom || 1) * scale(e) * 2) / 2;
        const ratio = ratios.get(e) === null ? null : Math.floor(ratios.get(e) * 10 + 1e-6) / 10;
        const key = `${px} ${ratio}`;
        if (!found.has(key)) found.set(key, [px, ratio, 0, cut(text, 20)]);
        found.get(key)[2] += [...text].length;
      }
      return [...found.values()].sort((a, b) => b[2] - a[2]).slice(0, groups);
    },

    // Boxes that stay over the page, foreign hosts of its markup, whether foreign styles are lacking. Two looks tell what wanders.
    async floating({ pause, area, cover, close, many }) {
      scrollTo({ left: 0, top: 0, behavior: "instant" });
      const loose = (e) => {
        const s = style(e);
        if (s.position === "fixed") return true;
        return s.position === "absolute" && (!e.offsetParent || e.offsetParent === document.body || e.offsetParent === document.documentElement);
      };
      const first = new Map();
      for (const e of document.body.querySelectorAll("*")) if (loose(e) && visible(e)) first.set(e, e.getBoundingClientRect());
      await new Promise((done) => setTimeout(done, pause));
      const page = document.body.innerText.replace(/\s+/g, "").length;
      const middle = document.elementFromPoint(innerWidth / 2, innerHeight / 2);
      const boxes = [], taken = [];
      for (const [e, was] of first) {
        if (!e.isConnected || !visible(e) || taken.some((t) => t.contains(e))) continue;
        const r = e.getBoundingClientRect(), words = wordsOf(e);
        const shown = (Math.min(r.right, innerWidth) - Math.max(r.left, 0)) * (Math.min(r.bottom, innerHeight) - Math.max(r.top, 0));
        if (r.left >= innerWidth || r.top >= innerHeight || r.right <= 0 || r.bottom <= 0 || shown < area) continue;
        if (words.length > Math.max(40, page / 2)) continue; // the page itself in one box
        const inner = [e, ...e.querySelectorAll("*")];
        const link = inner.find((x) => x.matches("a") && web(x.href));
        const framed = inner.find((x) => x.matches("iframe,img,video,embed") && web(x.src));
        const picture = inner.some((x) => x.matches(PICTURES) || style(x).backgroundImage !== "none");
        const closable = inner.some((x) => {
          const marks = ["id", "class", "onclick", "title", "alt"].map((k) => x.getAttribute(k));
          const said = [...marks, x.children.length ? "" : x.textContent].join(" ").toLowerCase();
          return close.some((word) => said.includes(word));
        });
        if (!words && !picture && !link) continue;
        const moved = Math.abs(r.x - was.x) + Math.abs(r.y - was.y) >= 3;
        const fixed = style(e).position === "fixed";
        const kind =
          moved && Math.abs(r.width - was.width) + Math.abs(r.height - was.height) < 3 && r.width < innerWidth * 0.6 ? "moving"
          : (fixed || closable) && middle && e.contains(middle) && shown >= cover * innerWidth * innerHeight && (words || link || closable) ? "modal"
          : fixed ? "fixed" : null;
        if (!kind) continue;
        taken.push(e);
        const host = web(link?.href) || web(framed?.src);
        const box = [r.x, r.y, r.width, r.height].map(Math.round);
        const said = [words, ...inner.map((x) => x.getAttribute("alt") || x.getAttribute("title") || "")].join(" ");
        boxes.push({ kind, words: cut(said, 40), host: host ? new URL(host).host : null, picture, link: !!link, closable, box });
      }
      const sources = [...document.querySelectorAll("script[src],iframe[src],img[src],embed[src],video[src]")].map((x) => web(x.src)).filter(Boolean);
      const hosts = [...new Set(sources.map((url) => new URL(url).host))].filter((host) => host !== location.host);
      const dress = [...document.querySelectorAll("link[rel~=stylesheet]")].filter((x) => web(x.href) && !x.disabled);
      const undressed = dress.some((x) => !x.sheet && new URL(x.href).host !== location.host);
      return { boxes: boxes.slice(0, many), hosts: hosts.slice(0, many), undressed };
    },

    // Results of axe-core, which was put into the page before: one row a rule and outcome.
    async axe({ rules }) {
      const known = new Set(axe.getRules().map((r) => r.ruleId));
      const only = { type: "rule", values: rules.filter((id) => known.has(id)) };
      const said = await axe.run(document, { runOnly: only, iframes: false, resultTypes: ["violations", "incomplete"] });
      const rows = (name, outcome) =>
        said[name].map((r) => ({
          rule: r.id, outcome, nodes: outcome === "pass" ? 0 : r.nodes.length, impact: outcome === "pass" ? null : r.impact,
          where: outcome === "pass" ? "" : cut(r.nodes[0]?.target.flat().join(" "), 200), markup: outcome === "pass" ? "" : cut(r.nodes[0]?.html, 160),
        }));
      return { version: axe.version, results: [...rows("violations", "violation"), ...rows("incomplete", "incomplete"), ...rows("passes", "pass")] };
    },
  };
  return tasks[task](given);
}
