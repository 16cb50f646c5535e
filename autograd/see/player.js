// The buttons that lead through the steps of a page. The page says `step`, `last`, `pace` and `go`.
const $ = id => document.getElementById(id);
const scrubber = $("scrubber");
let timer = null;

function pause() {
  clearInterval(timer); timer = null;
  $("play").setAttribute("aria-pressed", "false"); $("play").setAttribute("aria-label", "Play"); $("play").textContent = "▶ play";
}
function play() {
  if (timer !== null) return pause();
  if (step === last) go(0);
  timer = setInterval(() => go(step + 1), pace);
  $("play").setAttribute("aria-pressed", "true"); $("play").setAttribute("aria-label", "Pause"); $("play").textContent = "❚❚ pause";
}
function showPlace() {
  scrubber.value = step;
  scrubber.setAttribute("aria-valuetext", `step ${step} of ${last}`);
  $("count").textContent = `${step} / ${last}`;
  $("back").disabled = $("first").disabled = step === 0;
  $("next").disabled = $("last").disabled = step === last;
}

const jump = to => { pause(); go(to); };
scrubber.oninput = () => jump(Number(scrubber.value));
$("first").onclick = () => jump(0);
$("back").onclick = () => jump(step - 1);
$("next").onclick = () => jump(step + 1);
$("last").onclick = () => jump(last);
$("play").onclick = play;
