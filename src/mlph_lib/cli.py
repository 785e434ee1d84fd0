"""``mlph ...``: the project's commands, thin: one function a command.

A further command is one function ``_name(commands)`` that adds its parser and names
what runs it, and its name in `COMMANDS`. What runs imports its own room when it
runs, so that ``mlph --help`` loads none of them.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

__all__ = ["COMMANDS", "main"]


def _recordings(commands: argparse._SubParsersAction) -> None:
    """``mlph recordings list|show|verify|accept|transcribe``."""
    parser = commands.add_parser("recordings", help="answers that are replayed")
    actions = parser.add_subparsers(required=True, metavar="ACTION")

    listed = actions.add_parser("list", help="what is recorded, one line each")
    listed.set_defaults(run=_list)

    shown = actions.add_parser("show", help="one recording: request, answer, origin")
    shown.add_argument("name", help="for instance llama-2-7b-chat/greedy-empty")
    shown.set_defaults(run=_show)

    verified = actions.add_parser("verify", help="check every byte and its meaning")
    verified.set_defaults(run=_verify)

    accepted = actions.add_parser(
        "accept", help="say that a changed function still gives the recorded answer"
    )
    accepted.add_argument("name")
    accepted.add_argument("--because", required=True, help="what changed, and why")
    accepted.set_defaults(run=_accept)

    transcribed = actions.add_parser(
        "transcribe", help="write a source's recordings anew from its transcript"
    )
    transcribed.add_argument("source", help="for instance llama-2-7b-chat")
    transcribed.set_defaults(run=_transcribe)


def _list(args: argparse.Namespace) -> int:
    from mlph_lib import recordings

    for name in recordings.names():
        print(recordings.summary(name))
    return 0


def _show(args: argparse.Namespace) -> int:
    from mlph_lib import recordings

    print(recordings.describe(args.name))
    return 0


def _verify(args: argparse.Namespace) -> int:
    from mlph_lib import recordings

    problems = recordings.problems()
    for problem in problems:
        print(f"FAILED {problem}", file=sys.stderr)
    if problems:
        return 1
    print(f"{len(recordings.names())} recordings, all as they were reviewed")
    return 0


def _accept(args: argparse.Namespace) -> int:
    from mlph_lib import recordings

    print(recordings.accept(args.name, because=args.because))
    return 0


def _transcribe(args: argparse.Namespace) -> int:
    from mlph_lib import recordings

    for path in recordings.transcribe(args.source):
        print(f"wrote {path}")
    return 0


def _record(commands: argparse._SubParsersAction) -> None:
    """``mlph record SOURCE --weights FOLDER``, ``mlph record pretraining-laboratory``."""
    parser = commands.add_parser(
        "record", help="put the book's questions to a large model, on a GPU"
    )
    parser.add_argument(
        "source", help="for instance llama-2-7b-chat, or pretraining-laboratory"
    )
    parser.add_argument("--weights", help="a folder, or a hub id; trainings need none")
    parser.add_argument("--by", help="who records; the pages show it")
    parser.add_argument("--name", help="what another model is called, honestly")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--dtype", default="float16")
    does = parser.add_mutually_exclusive_group()
    does.add_argument("--dry-run", action="store_true", help="only say what it costs")
    does.add_argument("--check", action="store_true", help="compare, write nothing")
    _record_trainings(parser.add_argument_group("pretraining-laboratory alone"))
    _record_architecture(parser.add_argument_group(
        "llama-2-7b-architecture alone, which takes --only, --reduced and --commit, too"
    ))
    parser.set_defaults(run=_run_record)


def _record_trainings(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--only", nargs="*", default=(), metavar="PATTERN",
                       help="some shards: gap-clm-* noise-*-0")
    group.add_argument("--minutes", type=float, help="stop after so long, then go on")
    group.add_argument("--workers", type=int, default=max((os.cpu_count() or 1) - 2, 0),
                       help="processes that make batches")
    group.add_argument("--reduced", type=Path, metavar="FOLDER",
                       help="try every shard at a small size, recorded into FOLDER")
    group.add_argument("--commit", help="of the code, where git does not tell it")


def _record_architecture(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--size", help="of a reduced trial: tiny, small")
    group.add_argument("--work", type=Path, metavar="FOLDER",
                       help="where 13.5 GB of weights lie meanwhile")
    group.add_argument("--keep", action="store_true", help="leave the weights there")


def _run_architecture(args: argparse.Namespace) -> int:
    from mlph_lib.recorder import architecture

    say = partial(print, flush=True)
    trial = {"reduced": args.reduced, "size": args.size, "only": args.only, "say": say}
    if args.dry_run:
        architecture.dry_run(**trial)
        return 0
    try:
        agrees = architecture.record(
            by=args.by, device=args.device, dtype=args.dtype, work=args.work,
            keep=args.keep, check=args.check, commit=args.commit, **trial,
        )
        return 0 if agrees else 1
    except KeyboardInterrupt:
        print("stopped: what is finished is kept, the same command goes on")
        return 130


def _run_trainings(args: argparse.Namespace) -> int:
    from mlph_lib import trainings
    from mlph_lib.page.results import project_root

    say = partial(print, flush=True)
    if args.dry_run:
        trainings.dry_run(args.only, say)
        return 0
    work = project_root() / "_build" / args.source
    if args.reduced:
        work = args.reduced / "work"
    try:
        return trainings.record(
            by=args.by, device=args.device, patterns=args.only, minutes=args.minutes,
            workers=args.workers, check=args.check, small=args.reduced is not None,
            root=args.reduced and args.reduced / "recordings", work=work,
            code=args.commit, say=say,
        )
    except KeyboardInterrupt:
        print("stopped: what is finished is kept, the same command goes on")
        return 130


def _run_record(args: argparse.Namespace) -> int:
    if args.source == "pretraining-laboratory":
        return _run_trainings(args)
    if args.source == "llama-2-7b-architecture":
        return _run_architecture(args)
    if args.weights is None:
        raise ValueError(f"say where the weights of {args.source} are with --weights")

    from mlph_lib import recorder

    told = {"name": args.name, "dtype": args.dtype}
    if args.dry_run:
        recorder.dry_run(args.source, args.weights, **told)
        return 0
    told |= {"by": args.by, "device": args.device, "check": args.check}
    told |= {"say": partial(print, flush=True)}  # progress, also into a log
    try:
        return 0 if recorder.record(args.source, args.weights, **told) else 1
    except KeyboardInterrupt:
        print("stopped: what is finished is kept, the same command goes on")
        return 130


def _model(commands: argparse._SubParsersAction) -> None:
    """``mlph model train|evaluate``."""
    parser = commands.add_parser("model", help="the model that ships with the book")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    trained = actions.add_parser("train", help="train it; goes on if it was stopped")
    trained.add_argument("--size", choices=("small", "large"), default="small",
                         help="small is the one that ships; large is for a GPU")
    trained.add_argument("--device", default="cpu")
    trained.add_argument("--minutes", type=float, help="stop after so long, then go on")
    trained.add_argument("--steps", type=int, help="of a large one, other than planned")
    trained.add_argument("--folder", type=Path, help="where a large one is written; "
                         "_build/model/docstrings-large-STEPS by default")
    trained.set_defaults(run=_train_model)
    measured = actions.add_parser(
        "evaluate", help="measure it again on its held-out documents"
    )
    measured.add_argument("--folder", type=Path, help="models/docstrings by default")
    measured.set_defaults(run=_evaluate_model)


OF_SMALL = (None, None, None, "cpu")  # steps, folder, minutes, device


def _train_model(args: argparse.Namespace) -> int:
    import torch

    from mlph_lib.page.results import project_root
    from mlph_lib.shipped.build import make
    from mlph_lib.shipped.training import OutOfTime

    torch.set_num_threads(1)  # the same losses on a busy machine
    root = project_root()
    try:
        if args.size == "large":
            _train_large(root, args)
        elif (args.steps, args.folder, args.minutes, args.device) != OF_SMALL:
            raise ValueError("the small model is the one that ships, made on a CPU as "
                             "it was: other options are for --size large")
        else:
            make(root, root / "models" / "docstrings")
    except OutOfTime as over:
        print(f"{over}; the same command goes on")
        return 75
    except KeyboardInterrupt:
        print("stopped: the same command goes on from the last checkpoint")
        return 130
    return 0


def _train_large(root: Path, args: argparse.Namespace) -> None:
    from dataclasses import replace

    from mlph_lib.shipped.build import LARGE, make

    settings = replace(LARGE, steps=args.steps or LARGE.steps)
    name = f"docstrings-large-{settings.steps}"
    folder = args.folder or root / "_build" / "model" / name
    make(
        root, folder, settings, partial(print, flush=True), device=args.device,
        minutes=args.minutes, name=name, beside=root / "models" / "docstrings",
    )


def _evaluate_model(args: argparse.Namespace) -> int:
    from mlph_lib.page.results import project_root
    from mlph_lib.shipped.evaluate import compared

    lines, same = compared(args.folder or project_root() / "models" / "docstrings")
    print("\n".join(lines))
    return 0 if same else 1


def _train(commands: argparse._SubParsersAction) -> None:
    """``mlph train OBJECTIVE LANGUAGE``; under torchrun the same command line."""
    parser = commands.add_parser("train", help="train an objective, measure its gap")
    parser.add_argument("objective", help="for instance clm, mlm, diffusion")
    parser.add_argument("language", help="mess3, topic-stage or random-hierarchy")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--batch-size", type=int, default=64, help="of all processes")
    parser.add_argument("--lr", type=float, default=3e-3)
    parser.add_argument("--warmup", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--length", type=int, default=32, help="tokens a text")
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--checkpoint", type=Path, help="go on from it, write to it")
    parser.add_argument("--device", default="cpu")
    parser.set_defaults(run=_run_train)


def _run_train(args: argparse.Namespace) -> int:
    from mlph_lib.pretraining import command
    from mlph_lib.pretraining.training import Recipe

    recipe = Recipe(args.steps, args.batch_size, args.lr, args.warmup, args.seed)
    try:
        return command.run(
            args.objective,
            args.language,
            recipe,
            length=args.length,
            hidden_size=args.width,
            num_hidden_layers=args.layers,
            checkpoint=args.checkpoint,
            device=args.device,
        )
    except KeyboardInterrupt:
        print("stopped: with --checkpoint the same command goes on from the last one")
        return 130


def _chapter(commands: argparse._SubParsersAction) -> None:
    """``mlph new-chapter PART/NAME --title TITLE``."""
    parser = commands.add_parser(
        "new-chapter", help="start a chapter that already passes every gate"
    )
    parser.add_argument("place", metavar="PART/NAME", help="for instance flows/copulas")
    parser.add_argument("--title", required=True, help="the heading")
    parser.set_defaults(run=_new_chapter)


def _new_chapter(args: argparse.Namespace) -> int:
    from mlph_lib.page.new_chapter import new_chapter
    from mlph_lib.page.results import project_root

    root = project_root()
    page = new_chapter(args.place, args.title, root)
    print(f"wrote {page.relative_to(root)} and its line in _toc.yml; now: make book")
    return 0


def _handin(commands: argparse._SubParsersAction) -> None:
    """``mlph handin --names "First Last; First Last"``."""
    parser = commands.add_parser("handin", help="notebook, PDF and zip of a group of two")
    parser.add_argument("--names", required=True, help='"First Last; First Last"')
    parser.add_argument("--date", default="", help="year-month-day; today by default")
    samples = os.environ.get("SAMPLES", "")  # as for the book
    parser.add_argument("--samples", default=samples, help="the course's samples_1d.npy")
    parser.add_argument("--skeleton", default="", help="the course's sheet09.ipynb")
    parser.set_defaults(run=_run_handin)


def _run_handin(args: argparse.Namespace) -> int:
    import signal

    from mlph_lib.handin import hand_in
    from mlph_lib.page.results import project_root

    # a polite kill is an interruption too: what is half-made goes away
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    given = {"date": args.date, "samples": args.samples, "skeleton": args.skeleton}
    say = partial(print, flush=True)
    try:
        hand_in(project_root(), args.names, **given, say=say)
    except KeyboardInterrupt:
        print("stopped: nothing was written")
        return 130
    return 0


Command = Callable[[argparse._SubParsersAction], None]
COMMANDS: tuple[Command, ...] = (
    _recordings, _record, _model, _train, _chapter, _handin,
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; what the user can mend is said in one line, with code 1.

    Example:
        >>> main([])
        usage: mlph [-h] COMMAND ...
        2
    """
    parser = argparse.ArgumentParser(prog="mlph", description="One Uniform Number")
    commands = parser.add_subparsers(metavar="COMMAND")
    for add in COMMANDS:
        add(commands)
    args = parser.parse_args(argv)
    if not hasattr(args, "run"):
        parser.print_usage()
        return 2
    try:
        return args.run(args)
    except (ValueError, OSError) as error:
        print(f"mlph: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
