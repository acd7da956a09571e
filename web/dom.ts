/** Making and finding elements. Texts go in as text nodes only; nothing here can take markup. */

export function byId<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`Repair index.html: it has no ${type.name} with id ${id}`);
  return found;
}

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (className !== '') made.className = className;
  made.append(...children);
  return made;
}

export function button(text: string, className: string, act: () => void): HTMLButtonElement {
  const made = element('button', className, text);
  made.type = 'button';
  made.addEventListener('click', act);
  return made;
}

/** Shows a message, or hides its place. Set only when it changes: it is read aloud each time. */
export function showMessage(place: HTMLElement, message: string | null): void {
  if (place.textContent !== (message ?? '')) place.textContent = message ?? '';
  place.hidden = message === null;
}
