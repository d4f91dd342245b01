package keyword

// doubts are the words by which people show that they would rather not be
// written to, or wonder whether they may be.
var doubts = []words{
	{german, small | you | source, "von_euch von_ihnen von_dir mit_euch mit_ihnen wegen_euch wegen_ihnen wegen_ihrer wegen_eurer wegen_dir euretwegen ihretwegen"},
	{english, small | you | source, "from_you from_you_guys you_lot because_of_you from_your_company from_your_shop with_you"},
	{german, told | gets, "bekomme kriege erhalte kommt bekommt kriegt bekam"},
	{german, gets, "krieg"},
	{english, gets | get, "get getting receiving receive"},
	{german, noise, "bimmelt bimmeln klingelt piept piepst pingt vibriert brummt summt bingt plingt rappelt scheppert"},
	{english, noise, "buzz buzzing buzzes ping pinging pings beep beeping beeps ringing rings vibrating vibrates blowing_up dinging"},
	{german, lawful, "grundlage rechtsgrundlage gesetzlich rechtmäßig rechtswidrig illegal legal zulässig unzulässig rechtens erlaubt verboten befugt berechtigt berechtigung welchem_recht"},
	{english, lawful, "legal legally illegal lawful unlawful lawfully legal_basis legal_grounds allowed permitted what_basis which_basis what_grounds what_right"},
	{german, mistaken, "falsche_person falschen_person falsche_nummer falschen_nummer falsch_verbunden verwechseln_mich verwechselt_mich mich_verwechselt falschen_erwischt nicht_die_person"},
	{english, mistaken, "wrong_person wrong_number wrong_guy wrong_one wrong_man wrong_woman wrong_recipient mistaken_me someone_else_s_number not_the_person"},
	{german, glad, "toll tolle tolles super gut gute gutes gutem schoen schoene schoenes liebe freue freut zufrieden begeistert klasse prima perfekt herzlich hilfreich besser gefällt"},
	{english, glad, "great good nice love lovely happy awesome perfect brilliant helpful enjoy thank_you_so_much thanks_so_much better wonderful"},
	{german, lawful | wish | you | me, "dürfen_sie_das dürft_ihr_das darf_man_sowas dürfen_sie_mir_überhaupt dürft_ihr_mir_überhaupt dürfen_sie_mich dürft_ihr_mich dürfen_sie_überhaupt"},
	{english, not | told | joinedUp, "didn_t_order did_not_order never_ordered"},
	{german, what, "wem an_wen"},
	{english, report, "request_for_information"},
	{german, pause, "pause auszeit verschnaufpause"},
	{english, pause, "break breather"},
	{german, less | tired, "etwas_weniger viel_weniger weniger reduzieren reduziert verringern einschränken drosseln zurückfahren runterfahren halblang"},
	{english, less | tired, "fewer less reduce reducing scale_back dial_back dial_down cut_back"},
	{german, tired, "ganz_schön_viel ganz_schön_viele ziemlich_viel ziemlich_viele recht_viel recht_viele permanent ununterbrochen laufend nonstop wie_oft schon_das_dritte ständigen schon_wieder_was dauernden ewig ewigen wieder_mal mal_wieder viermal"},
	{english, tired, "a_lot a_lot_of lots_of another_one nonstop non_stop how_often how_many_more quite_a_lot"},
	{german, weary, `geduld_am_ende verliere_die_geduld verliere_langsam_die_geduld bin_ich_weg ich_bin_weg_hier dann_bin_ich_weg zeig_ich_euch_an zeig_ich_sie_an zeige_ich_euch_an zeige_ich_sie_an zeige_sie_an zeige_euch_an zeig_euch_an
		zeige_ich_an zeige_das_an zeig_das_an erstatte_anzeige strafanzeige rechtsanwalt rechtliche_schritte datenschutzverstoß datenschutzbeschwerde beschwere_mich_bei melde_euch melde_ich_euch
		senkel anstrengend zu_blöd zu_dumm ätzend hängt_mir_zum auf_den_sack auf_den_zeiger fertig_mit_euch fertig_mit_ihnen durch_mit_euch mit_euch_fertig mit_euch_durch mit_ihnen_durch anderes_opfer
		noch_was_von_euch interessiert_mich_null interessiert_keinen interessiert_niemanden interessiert_doch_keinen brauch_kein_mensch braucht_kein_mensch braucht_niemand will_keiner was_soll_der_mist was_soll_der_quatsch
		wie_oft_denn_noch wie_oft_noch hab_nicht_drum_gebeten will_meine_ruhe einfach_meine_ruhe wer_braucht_das zeitverschwendung keine_ahnung_wer kann_mich_nicht_erinnern erinnere_mich_nicht_daran
		nicht_dass_ich_wüsste übertreibt übertreiben_es übertrieben nicht_mein_fall kein_kunde_mehr stummgeschaltet auf_stumm stumm_geschaltet hoffentlich_die_letzte letzte_nachricht_sein letzte_nachricht_von
		kenne_ich_sie kenne_ich_euch kennen_wir_uns wer_ist_da wer_schreibt_da wer_ist_denn_da wie_werde_ich_euch werde_ich_euch_los werde_ich_das_los landen_im_müll landet_im_müll dreist aufdringliche unerbeten
		nicht_gefragt_worden nie_gefragt_worden niemand_gefragt wurde_nie_gefragt ärgert_mich regt_mich_auf boah_nee och_nö oh_nö nicht_ihr_wieder nicht_sie_wieder nicht_überzeugt kein_fan davon_nichts_wissen`},
	{english, weary, `losing_patience losing_my_patience out_of_patience running_out_of_patience i_m_gone im_gone i_am_gone i_m_out im_out done_with_you done_with_this through_with_you report_this report_it complaint_about_you
		no_longer_a_customer muted_you muting_you over_the_top not_again_please oh_not_again how_is_this_legal last_message_you last_time_you_text how_many_more_of rather_you_didn_t
		data_protection_authority the_ico not_my_thing not_really_my_thing do_i_know_you we_ve_never_met getting_on_my_nerves on_my_nerves how_to_get_rid how_do_i_get_rid tiresome irritating irritated ridiculous_amount nobody_asked no_one_asked
		drives_me_mad driving_me_mad driving_me_nuts drives_me_crazy could_do_without can_do_without take_a_hint not_what_i_wanted don_t_know_you do_not_know_you no_idea_who_you who_is_this who_s_this overkill excessive a_bit_much`},
	{german, bother, "nervt nerv belästigt"},
	{german, polite | small, "wäre_nett_wenn wäre_schön_wenn wäre_lieb_wenn wäre_toll_wenn wäre_super_wenn wäre_gut_wenn wäre_prima_wenn wäre_klasse_wenn wäre_dankbar_wenn mich_freuen_wenn fände_es_gut_wenn fände_es_schön_wenn wäre_ihnen_dankbar_wenn wäre_euch_dankbar_wenn wäre_sehr_dankbar_wenn es_wäre_nett_wenn es_wäre_schön_wenn es_wäre_lieb_wenn es_wäre_toll_wenn es_wäre_super_wenn es_wäre_gut_wenn es_wäre_prima_wenn es_wäre_klasse_wenn es_wäre_dankbar_wenn es_würde_mich_freuen_wenn würde_mich_freuen_wenn"},
	{english, polite | small, "grateful_if appreciate_it_if appreciate_if be_great_if be_nice_if be_lovely_if be_glad_if be_good_if be_happy_if be_better_if it_would_be_great_if it_would_be_nice_if it_d_be_great_if it_d_be_nice_if mind_if"},
	{german, polite | wish | you, "dürfte_ich_sie_bitten dürfte_ich_euch_bitten darf_ich_sie_bitten darf_ich_euch_bitten darf_ich_bitten dürfte_ich_bitten kann_ich_sie_bitten könnte_ich_sie_bitten"},
	{english, polite | wish | you, "could_i_ask_you may_i_ask_you can_i_ask_you might_i_ask_you"},
	{german, wish | small, "erwünscht"},
	{english, quit | you, "you_stopped you_d_stop you_would_stop you_could_stop"},
	{german, quit, "ist_jetzt_schluss ist_schluss jetzt_ist_schluss ist_ende ist_jetzt_ende"},
	{german, reach, "zukommen_lassen zukommen_zu_lassen zukommenlassen"},
	{german, small, "bescheid_geben bescheid_sagen bescheid_gebt bescheid_gibst bescheid_wenn kurz_bescheid_geben kurz_bescheid_gebt kurz_bescheid_sagen kurze_bestätigung nett gemeint ehrlicherweise offengestanden"},
	{english, small, "altogether going_forward honest frankly if_you_don_t_mind from_here_on henceforth"},
	{foreign, advert, "prospection commerciale"},
	{foreign, unsub, "cancelen cancelad cancele anulen"},
	{foreign, small | more, "d_ora_in_poi"},
	{german, consent | advert, "werbeeinwilligung werbezustimmung"},
	{foreign, small, "wyrażam otrzymywanie otrzymywania przesyłanie ora suyos suyo"},
	{english, small | handle, "this_number this_phone this_phone_number"},
	{german, small | handle, "diese_nummer dieser_nummer"},
	{english, small, "make file submit lodge"},
	{german, wish, "müsst musst"},
	{german, small, "richtig so_richtig so_ganz"},
	{german, not | more, "nicht_nochmal nicht_noch_mal nicht_noch_einmal nicht_nochmals"},
	{german, tired, "immer_diese immer_dieses immer_dieser"},
	{english, tired, "always_these these_constant"},
	{german, told, "bisher bislang"},
	{german, goods, "spedition"},
	{german, small, "auf_diesem_weg auf_diesem_wege auf_dem_weg"},
	{german, offer, "gewinnspiel gewinnspiele verlosungen rabattaktion rabattaktionen"},
	{german, quit | weary, "in_ruhe_lassen könnt_ihr_euch_sparen könnt_ihr_sparen können_sie_sich_sparen"},
	{foreign, reach, "schrijf wysyłania pisania"},
	{foreign, quit, "zaprzestanie zaprzestać"},
	{german, small, "jemand_anderen jemand_anders wen_anders andere_leute"},
	{english, small, "someone_else somebody_else other_people go soon kind_of"},
	{german | english, goods, "briefkasten aufkleber schild mailbox letterbox sticker knopf taste button door tür wohnung haus motor gerät heizung alarm"},
}
