/** The whole of an app with the editor in it: where it goes, what is edited, and what happens with changes. */
import { mountEditor } from '../../web/embed.tsx';

const saved = document.getElementById('saved') as HTMLParagraphElement;
mountEditor(document.getElementById('editor') as HTMLDivElement, {
  document: {
    workflow: {
      version: 1,
      name: 'Greet everybody',
      nodes: [
        { id: 'people', kind: 'input', position: { x: 0, y: 0 } },
        {
          id: 'greet',
          kind: 'plugin',
          position: { x: 240, y: 0 },
          config: { code: 'export default ({ name }) => "Hello " + name;' },
        },
      ],
      edges: [{ from: 'people', to: 'greet' }],
    },
    settings: {
      input: [{ name: 'Ada' }, { name: 'Grace' }],
      vars: {},
      policies: { default: {} },
      database: null,
    },
  },
  onChange: ({ workflow }) => {
    saved.textContent = `Changed: ${workflow.nodes.length} nodes`;
  },
});
