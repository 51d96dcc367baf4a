import { render } from 'preact';
import { start } from './actions.js';
import { App } from './app.js';
import './style.css';

render(<App />, document.getElementById('app')!);
void start();
