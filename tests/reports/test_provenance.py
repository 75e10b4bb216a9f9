"""What a study says of the machine that it ran on."""

import platform

from coopetition.reports import provenance


def test_a_processor_has_its_family_and_model(tmp_path):
    """Names such as `AMD EPYC` stand for processors of very different speed."""
    info = tmp_path / "cpuinfo"
    one = "processor\t: 0\ncpu family\t: 26\nmodel\t\t: 2\nmodel name\t: AMD EPYC\nflags\t: fpu\n"
    info.write_text(one + "\n" + one.replace(": 0", ": 1"), encoding="utf-8")
    assert provenance.processor(info) == "AMD EPYC (family 26, model 2)"


def test_without_such_a_file_it_is_what_python_knows(tmp_path):
    assert provenance.processor(tmp_path / "none") == platform.processor()
    (tmp_path / "cpuinfo").write_text("Hardware\t: a board\n", encoding="utf-8")
    assert provenance.processor(tmp_path / "cpuinfo") == platform.processor()
