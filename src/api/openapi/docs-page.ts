import type { FastifySwaggerUiOptions } from "@fastify/swagger-ui";

/** Our own mark: water that goes over a weir, and is held back by it. */
const mark = `<path d="M2 13h13c7 0 7 15 15 15h6" stroke="#4fc3d9" stroke-width="3.5"/>
  <path d="M2 21h9c6 0 6 7 6 7" stroke="#4fc3d9" stroke-width="3.5"/><path d="M22 25v9" stroke="#fff" stroke-width="5"/>`;

/** "Weir" in strokes of our own, so that no font is needed. */
const word = `<path d="M48 10l6 22 7-18 7 18 6-22" stroke="#fff" stroke-width="3.5"/>
  <path d="M80 25h13a6.5 6.5 0 1 0-2 5" stroke="#fff" stroke-width="3.5"/>
  <path d="M101 18v14M101 10.500v.5M109 32V18m0 6c1-4 4-6 8-6" stroke="#fff" stroke-width="3.5"/>`;

const picture = (width: number, strokes: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} 40" width="${width}" height="40" role="img"
  aria-label="Weir" fill="none" stroke-linecap="round" stroke-linejoin="round">${strokes}</svg>`;

const wordmark = picture(120, mark + word);
const icon = picture(40, `<rect width="40" height="40" rx="8" fill="#123a4d" stroke="none"/>${mark}`);

/** The page is made for wide screens; this lets it be read on a phone, and takes away the boxes for other documents and servers. */
const css = `
.swagger-ui .topbar { background: #123a4d; padding: 8px 0; }
.swagger-ui .topbar .topbar-wrapper { flex-wrap: nowrap; justify-content: space-between; }
.swagger-ui .topbar .download-url-wrapper, .swagger-ui .servers-title, .swagger-ui .servers { display: none; }
.swagger-ui .wrapper { box-sizing: border-box; max-width: 1280px; }
@media (max-width: 700px) {
  .swagger-ui .wrapper { padding: 0 10px; }
  .swagger-ui .opblock .opblock-summary { flex-wrap: wrap; }
  .swagger-ui .opblock .opblock-summary-path { max-width: 100%; }
  .swagger-ui .opblock-summary-description { flex-basis: 100%; padding: 4px 8px; }
  .swagger-ui table { display: block; overflow-x: auto; }
  .swagger-ui .parameters-col_description input, .swagger-ui .parameters-col_description select { max-width: 100%; }
}
`;

/** What the page's own HTML leaves out: how wide a phone is, and the words for who does not see the mark. */
const script = `
document.head.insertAdjacentHTML("beforeend", '<meta name="viewport" content="width=device-width, initial-scale=1">');
new MutationObserver((_changes, observer) => {
  const picture = document.querySelector("#swagger-ui .topbar img");
  if (!picture) return;
  observer.disconnect();
  picture.alt = "Weir";
}).observe(document.body, { childList: true, subtree: true });
`;

/** /docs: everything that it loads comes from this server, and nothing may come from elsewhere. */
export const docsPage: FastifySwaggerUiOptions = {
  routePrefix: "/docs",
  uiConfig: { validatorUrl: null, persistAuthorization: false, docExpansion: "list", defaultModelsExpandDepth: 0 },
  staticCSP: "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'",
  logLevel: "warn",
  logo: { type: "image/svg+xml", content: Buffer.from(wordmark) },
  theme: {
    title: "Weir: REST API",
    css: [{ filename: "weir.css", content: css }],
    js: [{ filename: "weir.js", content: script }],
    favicon: [{ filename: "weir.svg", rel: "icon", sizes: "any", type: "image/svg+xml", content: Buffer.from(icon) }],
  },
};
