// Runs a step of actions/github-script against comments and issues in a JSON file:
// node octokit.js STORE CONTEXT SCRIPT, with the step's environment.
const fs = require('fs');
const [store, context, script] = process.argv.slice(2);
const held = JSON.parse(fs.readFileSync(store, 'utf8'));
const bot = { type: 'Bot', login: 'github-actions[bot]' };
const next = () => 1 + held.comments.length + held.issues.length;
const issues = {
  listComments: async ({ issue_number }) => held.comments.filter((one) => one.issue_number === issue_number),
  createComment: async ({ issue_number, body }) => held.comments.push({ id: next(), issue_number, body, user: bot }),
  updateComment: async ({ comment_id, body }) => Object.assign(held.comments.find((one) => one.id === comment_id), { body }),
  listForRepo: async ({ state, creator }) => held.issues.filter((one) => one.state === state && one.user.login === creator),
  create: async ({ title, body }) => held.issues.push({ number: next(), title, body, state: 'open', user: bot }),
  update: async ({ issue_number, ...changes }) => {
    const { body, state } = changes;
    const found = held.issues.find((one) => one.number === issue_number);
    Object.assign(found, body === undefined ? {} : { body }, state === undefined ? {} : { state });
  },
};
const github = { rest: { issues }, paginate: async (method, options) => method(options) };
const run = Object.getPrototypeOf(async () => {}).constructor('github', 'context', 'require', script);
run(github, JSON.parse(context), require).then(
  () => fs.writeFileSync(store, JSON.stringify(held)),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
