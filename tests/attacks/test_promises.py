"""What we promise to whoever exposes this to others, and where each promise is proved; none without a proof."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]

PROMISES = {
    "Nobody without a right to gets a byte beyond the sign-in form, by any route": [
        "attacks/test_routes.py::test_the_route_table_is_the_whole_application",
        "attacks/test_routes.py::test_no_rule_is_left_without_a_route",
        "attacks/test_routes.py::test_every_route_is_closed_without_a_right_key",
        "attacks/test_routes.py::test_a_path_written_otherwise_opens_nothing",
        "attacks/test_routes.py::test_liveness_says_nothing",
        "attacks/test_api_document.py::test_every_answer_is_one_that_the_document_names",
        "attacks/test_input.py::test_a_strangers_upload_is_not_taken",
    ],
    "Nor by the page's socket, by any event of it, or by a terminal's": [
        "attacks/test_socket.py::test_the_socket_opens_only_to_our_own_page",
        "attacks/test_socket.py::test_a_page_can_be_spoken_for_by_the_session_that_loaded_it",
        "attacks/test_terminals.py::test_the_socket_opens_only_to_our_own_page_and_to_programs_with_the_token",
        "attacks/test_terminals.py::test_nothing_in_the_address_opens_it",
    ],
    "Another site's page can do and read nothing with a browser that is signed in": [
        "attacks/test_routes.py::test_every_route_is_closed_to_another_sites_page",
        "attacks/test_routes.py::test_every_changing_route_wants_to_know_where_the_request_comes_from",
        "attacks/test_routes.py::test_preflights_of_other_sites_get_no_permission",
        "attacks/test_routes.py::test_an_origin_that_is_none_is_foreign",
        "attacks/test_sign_in.py::test_signing_out_cannot_be_done_by_a_link",
        "attacks/test_sign_in.py::test_the_cookie_cannot_be_read_or_sent_along",
    ],
    "No other host name and no forged header of a proxy leads in or away": [
        "attacks/test_routes.py::test_every_route_is_closed_under_another_host_name",
        "attacks/test_sign_in.py::test_who_is_no_listed_proxy_says_nothing_of_tls_host_or_path",
        "attacks/test_sign_in.py::test_a_smuggled_header_moves_nothing",
        "attacks/test_sign_in.py::test_a_forged_address_from_far_does_not_reset_the_limit",
        "attacks/test_root_path.py::test_every_address_on_a_page_is_below_the_root_and_there",
    ],
    "A secret cannot be guessed, a session not planted, and nobody is led elsewhere after signing in": [
        "attacks/test_sign_in.py::test_guessing_the_token_is_limited_and_signed_in_people_do_not_notice",
        "attacks/test_sign_in.py::test_a_planted_session_id_is_not_taken_up",
        "attacks/test_sign_in.py::test_signing_in_again_ends_the_session_before",
        "attacks/test_sign_in.py::test_the_printed_link_works_once",
        "attacks/test_sign_in.py::test_after_signing_in_nobody_is_led_away",
    ],
    "An end is an end, also for live sockets, streams and what a changed secret had opened": [
        "attacks/test_sign_in.py::test_a_cookie_is_dead_after_signing_out",
        "attacks/test_sign_in.py::test_an_event_stream_ends_with_its_session_and_a_programs_goes_on",
        "attacks/test_sign_in.py::test_a_changed_password_ends_what_the_old_one_opened_and_nothing_else",
        "attacks/test_socket.py::test_signing_out_ends_the_live_socket_and_its_page",
    ],
    "No sign-in sees or moves another's page": [
        "attacks/test_socket.py::test_another_sign_in_cannot_take_over_a_page",
        "attacks/test_socket.py::test_an_event_for_another_sign_ins_page_is_dropped",
        "attacks/test_socket.py::test_signing_out_one_session_leaves_the_others_alone",
    ],
    "No secret leaves: in an answer, a page, a frame of a socket, a log or a file": [
        "attacks/test_input.py::test_no_answer_carries_anything_of_the_other_side",
        "attacks/test_input.py::test_no_secret_is_in_a_file_that_is_kept",
        "attacks/test_sign_in.py::test_the_password_opens_the_page_and_is_written_down_nowhere",
        "attacks/test_sign_in.py::test_a_code_is_not_kept_anywhere_it_could_be_read",
        "attacks/test_terminals.py::test_what_the_server_behind_says_is_not_passed_on",
        "attacks/test_routes.py::test_readiness_says_a_word_for_each_part_and_no_more",
        "attacks/test_routes.py::test_a_stranger_reads_no_metrics",
        "e2e/test_demo.py::test_the_secrets_of_the_run_reach_no_page",
        "services/test_sign_ins.py::test_what_is_kept_beside_a_session_says_nothing_of_the_secret",
        "test_serving.py::test_what_is_kept_is_for_its_owner_only",
    ],
    "No id, path, query or address that a caller writes reaches the server behind unless it is one": [
        "attacks/test_input.py::test_an_id_that_is_none_is_never_sent_on",
        "attacks/test_input.py::test_a_query_that_is_none_is_never_sent_on",
        "attacks/test_input.py::test_a_path_that_leads_out_is_never_sent_on",
        "attacks/test_input.py::test_a_file_is_taken_by_value_only",
        "attacks/test_input.py::test_another_content_type_is_not_read_as_json",
        "attacks/test_terminals.py::test_an_id_that_is_none_goes_nowhere",
        "attacks/test_terminals.py::test_no_directory_comes_from_the_browser",
        "attacks/test_terminals.py::test_a_cursor_that_is_none_opens_nothing",
    ],
    "No text of the agent, a repository or a person runs, loads or calls anything": [
        "e2e/test_door.py::test_every_page_has_a_policy_that_lets_nothing_call_out_and_no_page_breaks_it",
        "e2e/test_door.py::test_a_script_that_got_into_the_page_all_the_same_does_not_run",
        "e2e/test_door.py::test_markdown_of_the_model_runs_nothing_and_loads_nothing",
        "attacks/test_input.py::test_every_answer_has_the_headers_that_keep_browsers_honest",
        "attacks/test_sign_in.py::test_what_the_form_repeats_is_only_text",
        "ui/chats/test_page_browser.py::test_hostile_text_stays_text_everywhere",
        "ui/chats/test_files_browser.py::test_hostile_names_and_texts_stay_text",
        "ui/chats/test_changes_browser.py::test_hostile_names_and_lines_are_text",
        "ui/kit/test_prose_extras_browser.py::test_nothing_in_a_diagram_runs_or_calls_out",
        "ui/kit/test_diff_view_browser.py::test_hostile_text_in_a_diff_and_a_tree_stays_text",
        "api/test_export.py::test_a_session_is_a_file_that_runs_nothing_here",
    ],
    "What is too large, malformed or never ends takes neither the process nor the log": [
        "attacks/test_sign_in.py::test_a_stranger_cannot_make_the_server_hold_a_large_body",
        "test_patience.py::test_a_connection_that_does_not_say_the_rest_is_closed",
        "test_patience.py::test_a_request_with_endless_headers_is_not_kept",
        "attacks/test_input.py::test_anonymous_requests_do_not_make_the_process_grow",
        "attacks/test_terminals.py::test_frames_beyond_the_limit_end_the_socket_and_leave_no_memory",
        "attacks/test_socket.py::test_nonsense_leaves_no_traceback_and_the_page_alive",
        "attacks/test_socket.py::test_a_frame_that_is_none_leaves_no_traceback",
        "attacks/test_socket.py::test_what_a_browser_says_cannot_forge_a_line_of_the_log",
        "attacks/test_socket.py::test_a_path_cannot_forge_a_line_of_the_log",
    ],
    "No acknowledged message is lost or doubled": [
        "faults/test_outbox_process.py::test_a_web_process_that_is_killed_after_it_took_prompts_answers_them_when_it_is_back",
        "faults/test_restart.py::test_senders_that_try_again_are_heard_once_while_sprintagen_is_killed_again_and_again",
        "faults/test_storage_kill.py::test_what_was_acknowledged_before_a_kill_is_there_once_and_the_file_is_whole",
        "e2e/test_away.py::test_a_message_sent_while_cut_off_goes_out_once_when_the_line_is_back",
    ],
    "Every failure is told in words, and ends by itself when its cause ends": [
        "e2e/test_trouble.py::test_a_server_that_is_down_at_the_start_is_waited_for",
        "e2e/test_trouble.py::test_a_server_killed_in_mid_answer",
        "e2e/test_trouble.py::test_a_server_that_answers_wrongly_is_told_in_words_until_it_answers_well",
        "e2e/test_trouble.py::test_a_message_sent_to_a_frozen_server_arrives_once_it_thaws",
        "e2e/test_away.py::test_a_killed_web_process_is_waited_for_and_the_page_comes_back_as_it_was",
        "e2e/test_away.py::test_a_line_that_swallows_everything_is_found_out_and_left",
    ],
}


@pytest.mark.parametrize("promise", PROMISES)
def test_what_is_promised_is_proved_by_tests_that_are_there(promise: str) -> None:
    missing = [proof for proof in PROMISES[promise] if proof.partition("::")[2] not in _tests_of(proof)]
    assert PROMISES[promise]
    assert missing == []


def _tests_of(proof: str) -> set[str]:
    tree = ast.parse((TESTS / proof.partition("::")[0]).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
